/* What the kernel and the browser say to each other; the Python side of it is
   lumen_widgets/widgets/messages.py, and a test holds the names alike. */

/** What went wrong with a task, and what to do next. */
export interface RowError {
  message: string;
  next_step: string;
}

/** One task as a panel shows it. */
export interface TaskRow {
  /** Which row of this panel; never shown. */
  key: string;
  /** The service's id of the task. */
  id: string;
  /** The service's word: queued, processing, succeeded, failed, cancelled. */
  status: string;
  /** Whether something will still happen by itself. */
  running: boolean;
  prompt: string;
  model: string;
  /** Seconds from the submit until now, or until the end, where known. */
  elapsed: number | null;
  /** How many of its pictures have arrived. */
  arrived: number;
  /** The first picture, at most 96 px, as a data: URL. */
  thumbnail: string | null;
  error: RowError | null;
}

/** Kernel → browser: the rows that changed. */
export interface RowsMessage {
  kind: "rows";
  sequence: number;
  rows: TaskRow[];
}

/** Kernel → browser: every row, in answer to a hello. */
export interface SnapshotMessage {
  kind: "snapshot";
  sequence: number;
  rows: TaskRow[];
  request: string;
}

/** Browser → kernel: a view is there and asks for every row. */
export interface HelloMessage {
  kind: "hello";
  request: string;
  view: string;
}

/** Browser → kernel: a view is gone. */
export interface ByeMessage {
  kind: "bye";
  view: string;
}

export type KernelMessage = RowsMessage | SnapshotMessage;
export type BrowserMessage = HelloMessage | ByeMessage;

/** The traits that the kernel keeps and a panel reads. */
export interface TaskPanelModel {
  /** Whose credits are spent, in words, for people. */
  _account: string;
  /** Every row, as it was when the browser last asked for the widget's state. */
  _rows: TaskRow[];
}
