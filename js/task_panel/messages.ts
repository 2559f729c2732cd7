/* The messages between the kernel and a task panel; the Python side of it is
   lumen_widgets/widgets/task_panel/messages.py, and a test holds the names alike. */

/** An error, and what to do next. */
export interface RowError {
  message: string;
  next_step: string;
}

/** One task, or one call that is not a task yet, as a panel shows it. */
export interface TaskRow {
  /** Which row of this panel: "0" is the first that it got, "1" the next; never shown. */
  key: string;
  /** The service's id of the task, empty while there is none. */
  id: string;
  /** The service's word, or sending, refused, unknown while there is no task. */
  status: string;
  /** Whether the row will still change by itself. */
  running: boolean;
  /** Whether its status is polled, if it has not ended. */
  watched: boolean;
  /** The filter that shows it, beside the one for all; `open` are those that the user may go on with. */
  group: "running" | "finished" | "bad" | "open";
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
  /** Why the service says nothing of it at the moment; empty while it does. */
  trouble: string;
  /** What to know of its pictures, such as what was put back in them; empty for nothing. */
  notice: string;
}

/** What the panel counts over all of its rows, whichever a page knows. */
export interface Totals {
  rows: number;
  running: number;
  finished: number;
  bad: number;
  open: number;
  pictures: number;
  /** Credits charged and not refunded, as far as prices are known. */
  credits: number;
  /** Whether a task was charged whose price is not known. */
  unpriced: boolean;
  /** The hosts of the rows, each once. */
  hosts: string[];
}

/** The picture of a row, several as a small sheet, or its mask; at most 96 px. */
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
  /** Whether rows that are not in it have changed too: a page reads those it shows. */
  more: boolean;
  totals: Totals;
}

/** Kernel → browser: rows as they are: the newest after a hello, those of a read after it. There may be
    fewer than were requested, but at least one of those that the panel has. */
export interface SnapshotMessage {
  kind: "snapshot";
  sequence: number;
  rows: TaskRow[];
  /** As in a rows message. */
  more: boolean;
  totals: Totals;
  request: string;
}

/** Kernel → browser: which rows match a filter. */
export interface FoundMessage {
  kind: "found";
  /** The sequence number of what was sent before the search. */
  sequence: number;
  /** A bit for each row, in base64: bit `key % 8`, from the lowest, of byte `key // 8`. */
  rows: string;
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

/** Browser → kernel: a view was opened and asks for the newest rows. */
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

/** Browser → kernel: a view shows these rows, or is about to, and does not know them. */
export interface ReadMessage {
  kind: "read";
  request: string;
  keys: string[];
}

/** Browser → kernel: a view filters its rows, of which it does not know all. A row matches if it is of
    the group, and its prompt, model, id and host hold every word. */
export interface FindMessage {
  kind: "find";
  request: string;
  group: "all" | "running" | "finished" | "bad" | "open";
  /** In lower case. */
  words: string[];
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
  /** One more than the newest row that the page knew when this was pressed. */
  seen: number;
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
  | FoundMessage
  | ThumbnailsMessage
  | DoneMessage
  | ErrorMessage;
export type BrowserMessage =
  | HelloMessage
  | ByeMessage
  | ReadMessage
  | FindMessage
  | LookMessage
  | ActMessage
  | TakeUpMessage;

/** The traits that the kernel sets and a panel reads. */
export interface TaskPanelModel {
  /** The language that the panel speaks: "", "en" or "zh"; empty is the browser's own. */
  language: string;
  /** Whether the widget's state may hold thumbnails. */
  static: boolean;
  /** The service's host, as in a row; null while it is not known. */
  _host: string | null;
  /** The newest rows, as they were when the browser last asked for the widget's state. */
  _rows: TaskRow[];
  /** What the panel counted over all rows then. */
  _totals: Totals;
  /** Thumbnails of the newest rows that were drawn then. */
  _thumbnails: Thumbnail[];
  /** Whether the toolbar is there however few rows there are. */
  _toolbar: boolean;
  /** Which panel this is, so that a page recognises what it sent; random. */
  _panel: string;
  /** What the static form under the widget is marked with; random. */
  _static_id: string;
}
