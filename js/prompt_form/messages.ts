/* The messages between the kernel and a prompt form; the Python side of it is
   lumen_widgets/widgets/prompt_form/messages.py, and a test holds the names alike. */

/** A model that the client knows. */
export interface FormModel {
  code: string;
  /** The endpoints that it serves: generations, edits, inpaint. */
  can: string[];
}

/** A reference picture or the mask, as a form shows it. */
export interface FormPicture {
  /** Which of the form's pictures; never shown. */
  key: string;
  /** Its file's name, or what it is. */
  name: string;
  /** Pixels; 0 until known, and for one that is known by its address alone. */
  width: number;
  height: number;
  /** At most 96 px, as a data: URL. */
  thumbnail: string | null;
  /** Why it cannot be sent; empty if it can. */
  error: string;
  /** The part that a mask repaints, 0 to 1; null for pictures, or unknown. */
  coverage: number | null;
  /** Its digest, where its settings can come back; else empty. */
  ours: string;
}

/** The reference picture that the mask is painted on, which is the only one that is sent. */
export interface PaintedPicture {
  key: string;
  /** Whether it was painted in the form; else the user gave a painter of their own. */
  own: boolean;
  /** The id of what is painted on it. */
  painting: string;
}

/** A model that the form has chosen, since the one before could not do what was asked. */
export interface ChosenModel {
  model: string;
  instead_of: string;
  cannot: "repaint" | "extend";
}

/** An error of a field, and what to give instead. */
export interface FieldError {
  /** The keyword of `generate`. */
  field: string;
  message: string;
}

/** What the budget of the kernel's process allows, and what of it is left. */
export interface FormBudget {
  /** Null is no limit. */
  credits: number | null;
  left: number | null;
  tasks: number | null;
  tasks_left: number | null;
}

/** The value of a field in the browser. */
export interface TypedField {
  /** The trait's name. */
  field: string;
  value: string | number | boolean | null;
}

/** A submit that the page knows no answer to. */
export interface UnansweredSubmit {
  request: string;
  /** The form that sent it, by its trait `_form`. */
  form: string;
}

/** Kernel → browser: all state that is not in traits, in answer to a hello. */
export interface FormSnapshotMessage {
  kind: "form";
  sequence: number;
  request: string;
  images: FormPicture[];
  mask: FormPicture | null;
  painted: PaintedPicture | null;
  chosen: ChosenModel | null;
  errors: FieldError[];
  /** Prompts, newest first. */
  earlier: string[];
  /** The unanswered submits, by their requests, that no open form of this kernel has sent. */
  lost: string[];
}

/** Kernel → browser: the pictures changed, or more is known about them. */
export interface PicturesMessage {
  kind: "pictures";
  sequence: number;
  images: FormPicture[];
  mask: FormPicture | null;
  painted: PaintedPicture | null;
  chosen: ChosenModel | null;
}

/** Kernel → browser: the errors changed. */
export interface ErrorsMessage {
  kind: "errors";
  sequence: number;
  errors: FieldError[];
}

/** Kernel → browser: the earlier prompts, newest first. */
export interface EarlierMessage {
  kind: "earlier";
  sequence: number;
  earlier: string[];
}

/** Kernel → browser: the result of a submit; if it was not taken, nothing was sent to the service. */
export interface AnswerMessage {
  kind: "answer";
  sequence: number;
  request: string;
  taken: boolean;
  /** Whether it had arrived before: then nothing was done this time. */
  repeated: boolean;
  errors: FieldError[];
}

/** Kernel → browser: the painter that was asked for is open, or cannot be. */
export interface OpenedMessage {
  kind: "opened";
  request: string;
  /** Empty if it is open. */
  error: string;
}

/** Kernel → browser: unfold the sides of an extension. */
export interface ShowExtendMessage {
  kind: "show_extend";
}

/** Kernel → browser: how much of a file was received, or why it was refused. */
export interface ReceivedMessage {
  kind: "received";
  upload: string;
  /** Bytes. */
  size: number;
  /** Empty if all is well. */
  error: string;
}

/** Kernel → browser: what the form would send, as code, in answer to an `AsCodeMessage`. */
export interface CodeMessage {
  kind: "code";
  request: string;
  python: string;
  curl: string;
}

/** A picture that a submit of the form has made, in the strip. */
export interface FormResult {
  /** Which of them; never shown. */
  key: string;
  sha256: string;
  /** Its number in its task, and its prompt. */
  name: string;
  /** Pixels. */
  width: number;
  height: number;
  model: string;
  /** How many pictures were asked for with it. */
  count: number;
}

/** Kernel → browser: how what was sent last stands, as long as no picture of it is here. */
export interface AwaitedMessage {
  kind: "awaited";
  /** Of the submit. */
  request: string;
  /** Empty where nothing is awaited. */
  state: "" | "running" | "ended";
  /** Why there is no news of it, or no picture of it; empty where all goes well. */
  reason: string;
}

/** Kernel → browser: the pictures of the strip changed; all of them, newest first. */
export interface ResultsMessage {
  kind: "results";
  pictures: FormResult[];
  /** How many there were, also those that are not shown any more. */
  total: number;
}

/** A field whose value would change, in words; empty for nothing. */
export interface FieldChange {
  /** The keyword of `generate`. */
  field: string;
  now: string;
  back: string;
}

/** Kernel → browser: settings that are offered, or came back and can be undone. */
export interface RecallMessage {
  kind: "recall";
  state: "" | "offered" | "done" | "undone";
  /** Of the picture or preset that they are of. */
  name: string;
  /** Of what is offered. */
  changes: FieldChange[];
  /** Those that changed. */
  fields: string[];
  /** What cannot come back, each as a sentence. */
  lost: string[];
}

/** Kernel → browser: the presets by name, and what went wrong with one of them. */
export interface PresetsMessage {
  kind: "presets";
  names: string[];
  /** Empty if all is well. */
  error: string;
}

/** Browser → kernel: say what would change if the settings of this picture came back. */
export interface OfferMessage {
  kind: "offer";
  sha256: string;
}

/** Browser → kernel: bring these fields back of what is offered; null takes the offer away. */
export interface ChooseMessage {
  kind: "choose";
  fields: string[] | null;
}

/** Browser → kernel: put back what came back last, or let go of the way back. */
export interface UndoMessage {
  kind: "undo";
  forget: boolean;
}

/** Browser → kernel: keep the form's settings under a name, bring such back, or delete them. */
export interface PresetMessage {
  kind: "preset";
  action: "save" | "apply" | "delete";
  name: string;
}

/** Browser → kernel: open the gallery in the form, or close it. */
export interface GalleryMessage {
  kind: "gallery";
  opened: boolean;
}

/** Browser → kernel: close the comparison that is open in the form. */
export interface CloseCompareMessage {
  kind: "close_compare";
}

/** Browser → kernel: a page shows the form and asks for all state that is not in traits. */
export interface FormHelloMessage {
  kind: "hello";
  request: string;
  /** What was sent by an earlier page or form: what is known of it is answered once more. */
  unanswered: UnansweredSubmit[];
}

/** Browser → kernel: the page is closing; values whose trait updates may not have been sent. */
export interface TypedMessage {
  kind: "typed";
  fields: TypedField[];
}

/** Browser → kernel: submit the form; the secret is stored nowhere else. One that is sent again has the
    same request, under which the kernel pays once. */
export interface SubmitMessage {
  kind: "submit";
  request: string;
  /** Of the newest message that the page has received: what it knew when it was clicked. */
  sequence: number;
  fields: TypedField[];
  secret: string;
  /** The id of what the page shows as painted; empty where nothing is. */
  painting: string;
}

/** Browser → kernel: a page shows the form as code; the fields are those that it shows. */
export interface AsCodeMessage {
  kind: "as_code";
  request: string;
  fields: TypedField[];
}

/** Browser → kernel: add the picture at this address. */
export interface AddressMessage {
  kind: "address";
  request: string;
  place: "images" | "mask";
  url: string;
}

/** Browser → kernel: a chunk of a file, whose bytes are the message's one buffer. */
export interface ChunkMessage {
  kind: "chunk";
  upload: string;
  place: "images" | "mask";
  name: string;
  /** Bytes of the whole file. */
  size: number;
  /** Where in the file this chunk begins. */
  start: number;
}

/** Browser → kernel: remove a picture. */
export interface RemoveMessage {
  kind: "remove";
  key: string;
}

/** Browser → kernel: open the painter on a reference picture, with what was painted on it. */
export interface PaintMessage {
  kind: "paint";
  request: string;
  key: string;
}

/** Browser → kernel: close the painter; what is painted stays the mask. */
export interface ClosePainterMessage {
  kind: "close_painter";
  /** The id of what the page shows in it. */
  painting: string;
}

/** Browser → kernel: throw away what is painted; the form is as it was before. */
export interface DiscardMessage {
  kind: "discard";
  /** The id of what the page shows as painted. */
  painting: string;
}

/** Browser → kernel: move a picture to another place in the row, counted from 0. */
export interface MoveMessage {
  kind: "move";
  key: string;
  to: number;
}

export type KernelMessage =
  | FormSnapshotMessage
  | PicturesMessage
  | ErrorsMessage
  | EarlierMessage
  | AnswerMessage
  | CodeMessage
  | OpenedMessage
  | ShowExtendMessage
  | ReceivedMessage;
export type BrowserMessage =
  | FormHelloMessage
  | TypedMessage
  | SubmitMessage
  | AsCodeMessage
  | AddressMessage
  | ChunkMessage
  | RemoveMessage
  | MoveMessage
  | PaintMessage
  | ClosePainterMessage
  | DiscardMessage;

/** The traits that kernel and form share. */
export interface PromptFormModel {
  prompt: string;
  negative_prompt: string | null;
  model: string;
  n: number | null;
  size: string | null;
  resolution: string | null;
  quality: string | null;
  webhook_url: string | null;
  /** What a repaint wants: exact, cropped, extended by pixels on each side; all 0 is no extension. */
  exact: boolean;
  crop: number | null;
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** "" is the browser's language. */
  language: string;
  /** Whether pictures are shown under the form, where the notebook keeps them. */
  static: boolean;
  /** The TaskPanel inside the form, as a reference that the host resolves. */
  panel: string | null;
  /** The MaskPainter that is open in the form; null while none is. */
  painter: string | null;
  /** The Gallery that is open in the form; null while none is. */
  gallery: string | null;
  compare: string | null;
  /** `extra` as it was typed. */
  _extra_text: string;
  /** The service's host, where calls are charged; empty for the sandbox. */
  _host: string;
  _models: FormModel[];
  /** Credits for one picture by model code, as far as the user gave prices; any code, known or not. */
  _prices: Record<string, number>;
  /** Empty for no limit. */
  _budget: FormBudget | Record<string, never>;
  /** How many submits there were. */
  _sent: number;
  /** Whether pictures arrive under the form. */
  _below: boolean;
  /** Which form this is, and in which notebook, so that a page recognises what it sent; random, and a
      digest. */
  _form: string;
  _notebook: string;
  /** What the static form under the widget is marked with; random. */
  _static_id: string;
}
