/* What kernel and browser say about a form; the Python side of it is
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
}

/** What is wrong with a field, and what to give instead. */
export interface FieldError {
  /** The keyword of `generate`. */
  field: string;
  message: string;
}

/** What a field holds in the browser. */
export interface TypedField {
  /** The trait's name. */
  field: string;
  value: string | number | null;
}

/** Kernel → browser: all that is no trait, in answer to a hello. */
export interface FormSnapshotMessage {
  kind: "form";
  sequence: number;
  request: string;
  images: FormPicture[];
  mask: FormPicture | null;
  errors: FieldError[];
  /** Prompts, newest first. */
  earlier: string[];
}

/** Kernel → browser: the pictures changed, or more is known about them. */
export interface PicturesMessage {
  kind: "pictures";
  sequence: number;
  images: FormPicture[];
  mask: FormPicture | null;
}

/** Kernel → browser: what is wrong changed. */
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

/** Kernel → browser: what became of a submit; not taken means that nothing was sent. */
export interface AnswerMessage {
  kind: "answer";
  sequence: number;
  request: string;
  taken: boolean;
  errors: FieldError[];
}

/** Kernel → browser: how much of a file is here, and why no more of it is wanted. */
export interface ReceivedMessage {
  kind: "received";
  upload: string;
  /** Bytes. */
  size: number;
  /** Empty if all is well. */
  error: string;
}

/** Browser → kernel: a page shows the form and asks for all that is no trait. */
export interface FormHelloMessage {
  kind: "hello";
  request: string;
}

/** Browser → kernel: what was typed and may not have been handed over when the page goes. */
export interface TypedMessage {
  kind: "typed";
  fields: TypedField[];
}

/** Browser → kernel: send what the form holds; the secret is kept nowhere else. */
export interface SubmitMessage {
  kind: "submit";
  request: string;
  fields: TypedField[];
  secret: string;
}

/** Browser → kernel: take the picture at this address. */
export interface AddressMessage {
  kind: "address";
  request: string;
  place: "images" | "mask";
  url: string;
}

/** Browser → kernel: a piece of a file, whose bytes are the message's one buffer. */
export interface ChunkMessage {
  kind: "chunk";
  upload: string;
  place: "images" | "mask";
  name: string;
  /** Bytes of the whole file. */
  size: number;
  /** Where in it this piece begins. */
  start: number;
}

/** Browser → kernel: take a picture out. */
export interface RemoveMessage {
  kind: "remove";
  key: string;
}

/** Browser → kernel: put a picture at another place in the row, counted from 0. */
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
  | ReceivedMessage;
export type BrowserMessage =
  | FormHelloMessage
  | TypedMessage
  | SubmitMessage
  | AddressMessage
  | ChunkMessage
  | RemoveMessage
  | MoveMessage;

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
  /** "" is what the browser prefers. */
  language: string;
  /** The TaskPanel inside the form, as a reference that the host resolves. */
  panel: string | null;
  /** `extra` as it was typed. */
  _extra_text: string;
  /** Who charges: the service's host, empty for the sandbox. */
  _host: string;
  _models: FormModel[];
  /** Credits for one picture by model code, as far as the user said; of any code, known or not. */
  _prices: Record<string, number>;
  /** How many submits there were. */
  _sent: number;
  /** Whether pictures arrive under the form. */
  _below: boolean;
}
