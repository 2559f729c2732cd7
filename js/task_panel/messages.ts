/* The messages between the kernel and a task panel; the Python side of it is
   lumen_widgets/widgets/task_panel/messages.py, and a test holds the names alike. */

/** An error, and what to do next. */
export interface RowError {
  message: string;
  next_step: string;
}

/** One task, or one call that is not a task yet, as a panel shows it. */
export interface TaskRow {
  /** Which row of this panel, a whole number that grows with every row; never shown. */
  key: string;
  /** The service's id of the task, empty while there is none. */
  id: string;
  /** The service's word, or sending, refused, unknown while there is no task. */
  status: string;
  /** Whether the row will still change by itself. */
  running: boolean;
  /** Whether its status is polled, if it has not ended. */
  watched: boolean;
  prompt: string;
  model: string;
  /** The service's host, where it is charged; empty for the sandbox. */
  host: string;
  /** Seconds from the submit until now, or until the end, where known. */
  elapsed: number | null;
  /** Seconds that similar tasks took so far, where enough is known. */
  usual: number | null;
  /** How many of its pictures have arrived. */
  arrived: number;
  /** Whether there is a thumbnail to request. */
  pictured: boolean;
  /** Share of the picture that is repainted, up to 1, where the mask is known; then it can be requested. */
  repaints: number | null;
  /** What it costs, where known. */
  credits: number | null;
  charge: "pending" | "charged" | "refunded" | "unknown" | "none";
  /** The actions that are possible now. */
  actions: ("stop" | "watch" | "again" | "take_up")[];
  error: RowError | null;
}

/** The first picture of a row, or its mask, at most 96 px. */
export interface Thumbnail {
  key: string;
  of: "picture" | "mask";
  /** A data: URL. */
  data: string;
}

/** Kernel → browser: the rows that changed, and those that are new. */
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

/** Kernel → browser: thumbnails that a view requested, or the masks of new tasks. */
export interface ThumbnailsMessage {
  kind: "thumbnails";
  thumbnails: Thumbnail[];
  /** Empty for those that were not requested. */
  request: string;
}

/** Kernel → browser: a request was carried out; it may have made a row. */
export interface DoneMessage {
  kind: "done";
  key: string | null;
  request: string;
}

/** Kernel → browser: a request could not be carried out, and why. */
export interface ErrorMessage {
  kind: "error";
  error: RowError;
  request: string;
}

/** Browser → kernel: a view was opened and asks for every row. */
export interface HelloMessage {
  kind: "hello";
  request: string;
  view: string;
}

/** Browser → kernel: a view was closed. */
export interface ByeMessage {
  kind: "bye";
  view: string;
}

/** Browser → kernel: a view shows these rows and requests their thumbnails. */
export interface LookMessage {
  kind: "look";
  request: string;
  keys: string[];
}

/** Browser → kernel: stop watching a task, watch it again, or send the same request again. */
export interface ActMessage {
  kind: "act";
  request: string;
  key: string;
  action: "stop" | "watch" | "again";
}

/** Browser → kernel: the id that the service's console shows for a call of unknown outcome. */
export interface TakeUpMessage {
  kind: "take_up";
  request: string;
  key: string;
  id: string;
}

export type KernelMessage =
  | RowsMessage
  | SnapshotMessage
  | ThumbnailsMessage
  | DoneMessage
  | ErrorMessage;
export type BrowserMessage = HelloMessage | ByeMessage | LookMessage | ActMessage | TakeUpMessage;

/** The traits that the kernel sets and a panel reads. */
export interface TaskPanelModel {
  /** The language that the panel speaks: "", "en" or "zh"; empty is the browser's own. */
  language: string;
  /** The service's host, as in a row; null while it is not known. */
  _host: string | null;
  /** Every row, as it was when the browser last asked for the widget's state. */
  _rows: TaskRow[];
  /** Whether the toolbar is there however few rows there are. */
  _toolbar: boolean;
}
