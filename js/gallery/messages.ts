/* The messages between the kernel and a gallery; the Python side of it is
   lumen_widgets/widgets/gallery/messages.py, and a test holds the names alike. */

/** One picture, as a tile and its caption show it; some 400 bytes. */
export interface GalleryItem {
  /** Which picture of this gallery; never shown. */
  key: string;
  sha256: string;
  width: number;
  height: number;
  /** Place among its task's pictures, from 0. */
  index: number;
  /** How many pictures its task has. */
  count: number;
  /** The first 200 characters. */
  prompt: string;
  /** Empty where it is not known, as the other words. */
  model: string;
  /** As it was asked for. */
  size: string;
  /** When it was submitted, unix seconds. */
  when: number | null;
  starred: boolean;
  /** Whether its file is gone. */
  missing: boolean;
}

/** What a view searches for; empty or null takes all. */
export interface GallerySearch {
  /** Words, each of which the prompt holds. */
  text: string;
  /** Part of the model's code. */
  model: string;
  /** Pixels as 1024x1024, or a ratio as 16:9. */
  size: string;
  /** Unix seconds. */
  since: number | null;
  until: number | null;
  /** Whether starred ones only. */
  starred: boolean;
}

/** What a page gets with the widget's state: the first screens of all pictures. */
export interface FirstItems {
  /** The list of all of them, by which more are read. */
  listing: number;
  count: number;
  /** As in a news message. */
  arrived: number;
  sequence: number;
  items: GalleryItem[];
}

/** The picture that is selected, in every view alike. */
export interface Selection {
  item: GalleryItem | null;
  /** The view in which it was chosen; empty for code. */
  view: string;
}

/** A picture that another one was made from, or led to. */
export interface PictureLink {
  item: GalleryItem;
  /** Where the view's listing has it. */
  place: number | null;
}

/** What the same again would cost, in the form that was used last. */
export interface AgainPrice {
  /** Who charges, empty for the sandbox. */
  host: string;
  /** Null where that is not known. */
  credits: number | null;
}

/** All that is known of one picture. */
export interface PictureDetails {
  /** Whether the journal in use has it. */
  known: boolean;
  /** In full. */
  prompt: string;
  negative_prompt: string;
  /** Generations, edits or inpaint; empty where it is not known. */
  endpoint: string;
  model: string;
  /** As it was asked for. */
  size: string;
  resolution: string;
  quality: string;
  when: number | null;
  /** How long the task took. */
  seconds: number | null;
  credits: number | null;
  /** Who was asked: a host's name, empty where it is not known. */
  host: string;
  /** What the same again would cost; null without a form to send it. */
  again: AgainPrice | null;
  /** The service's id. */
  task: string;
  sha256: string;
  /** What was put back in it. */
  note: string;
  made_from: PictureLink[];
  /** Pictures that it was made from and that are not here. */
  lost: number;
  led_to: PictureLink[];
}

/** A task that is not forgotten. */
export interface Refusal {
  prompt: string;
  reason: "running" | "sending" | "unknown" | "incomplete" | "gone";
}

/** Kernel → browser: how many pictures a search found, and the first of them. */
export interface FoundMessage {
  kind: "found";
  sequence: number;
  request: string;
  listing: number;
  count: number;
  /** How many pictures the gallery has. */
  total: number;
  arrived: number;
  items: GalleryItem[];
}

/** Kernel → browser: pictures of a listing, from a place on. */
export interface ItemsMessage {
  kind: "items";
  sequence: number;
  request: string;
  listing: number;
  start: number;
  items: GalleryItem[];
}

/** Kernel → browser: what is known of a picture. */
export interface ToldMessage {
  kind: "told";
  request: string;
  key: string;
  details: PictureDetails;
}

/** Kernel → browser: what goes with pictures that are forgotten, or went. */
export interface ForgotMessage {
  kind: "forgot";
  request: string;
  /** Whether it is gone; else it was only asked about. */
  done: boolean;
  tasks: number;
  pictures: number;
  /** Chosen pictures that the journal does not have. */
  unknown: number;
  refused: Refusal[];
}

/** Kernel → browser: pictures have come, or some are gone. */
export interface NewsMessage {
  kind: "news";
  sequence: number;
  /** How many have come since the gallery was made. */
  arrived: number;
  /** Whether some are gone: what is listed is to be read again. */
  changed: boolean;
}

/** Kernel → browser: a request could not be carried out, and why. */
export interface ErrorMessage {
  kind: "error";
  request: string;
  message: string;
  next_step: string;
}

/** Browser → kernel: a view searches. */
export interface FindMessage {
  kind: "find";
  request: string;
  search: GallerySearch;
}

/** Browser → kernel: a view comes near pictures of a listing that it does not know. */
export interface ReadMessage {
  kind: "read";
  request: string;
  listing: number;
  start: number;
  count: number;
}

/** Browser → kernel: a view shows the details of a picture. */
export interface TellMessage {
  kind: "tell";
  request: string;
  key: string;
  listing: number;
}

/** Browser → kernel: a picture was selected, or with an empty key none. */
export interface ChooseMessage {
  kind: "choose";
  view: string;
  key: string;
}

/** Browser → kernel: forget the tasks of these pictures, or say what would go with them. */
export interface ForgetMessage {
  kind: "forget";
  request: string;
  keys: string[];
  confirmed: boolean;
}

/** Browser → kernel: close the comparison that is open in the gallery. */
export interface CloseCompareMessage {
  kind: "close_compare";
}

export type KernelMessage =
  | FoundMessage
  | ItemsMessage
  | ToldMessage
  | ForgotMessage
  | NewsMessage
  | ErrorMessage;

/** What a page asks for, which is answered. */
export type GalleryRequest = FindMessage | ReadMessage | TellMessage | ForgetMessage;

/** The traits that the kernel sets and a gallery reads. */
export interface GalleryModel {
  /** The language that the gallery speaks: "", "en" or "zh"; empty is the browser's own. */
  language: string;
  /** Whether it shows a whole history, to which pictures come. */
  _history: boolean;
  /** The first screen of pictures, as they were when the browser last asked for the widget's state. */
  _first: FirstItems;
  /** The picture that is selected. */
  _selected: Selection;
  /** The comparison that is open in it. */
  compare: string | null;
  /** What the static form under the widget is marked with; random. */
  _static_id: string;
}
