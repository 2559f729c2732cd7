/* The messages between the kernel and a mask painter; the Python side of it is
   lumen_widgets/widgets/mask_painter/messages.py, and a test holds the names alike. The points of all
   steps of a message are one run of float32 pairs in its first buffer. Each message names the painting that
   it is about, since a painter goes on from one to another. Of each painting that it shows, each model in
   each browser tab has a copy of the mask (mask_copy.ts); `copy_id` is its id. */

/** The value of a trait: what is painted on now. */
export interface ShownPainting {
  /** Its id. */
  painting: string;
  /** The picture's size in pixels. */
  width: number;
  height: number;
  /** The text alternative of the picture. */
  alt: string;
}

/** A brush along points. */
export interface StrokeStep {
  kind: "stroke";
  /** Picture pixels. */
  radius: number;
  erase: boolean;
  /** How many of the buffer's points. */
  points: number;
}

/** A rectangle, or the ellipse inscribed in it, in picture pixels. */
export interface ShapeStep {
  kind: "rectangle" | "ellipse";
  x: number;
  y: number;
  width: number;
  height: number;
  mode: "add" | "subtract" | "intersect";
}

/** A polygon, even-odd. */
export interface PolygonStep {
  kind: "polygon";
  mode: "add" | "subtract" | "intersect";
  /** How many of the buffer's points. */
  points: number;
}

/** A step without parameters. */
export interface PlainStep {
  kind: "invert" | "clear" | "undo" | "redo";
}

/** A step that the kernel has decided: accepted, or refused because it is none. */
export interface DecidedStep {
  /** The copy in which it was made; empty for Python. */
  copy_id: string;
  /** Its number in that copy. */
  number: number;
  /** False: the copy removes the step. */
  accepted: boolean;
  /** null if refused, or while no copy but the one that made it has ever said hello. */
  step: StrokeStep | ShapeStep | PolygonStep | PlainStep | null;
}

/** Kernel → browser: the whole history, in answer to a hello. A second buffer holds the mask before the
    first step, one bit a pixel; it is empty where that was empty. */
export interface MaskSnapshotMessage {
  kind: "snapshot";
  painting: string;
  /** The copy that it answers. */
  copy_id: string;
  /** How many steps the kernel has decided, accepted or refused. */
  sequence: number;
  /** The last of that copy's own steps among them. */
  number: number;
  done: (StrokeStep | ShapeStep | PolygonStep | PlainStep)[];
  undone: (StrokeStep | ShapeStep | PolygonStep | PlainStep)[];
}

/** Kernel → browser: steps decided since, in the kernel's order. */
export interface DecidedMessage {
  kind: "decided";
  painting: string;
  /** How many steps the kernel has decided, accepted or refused, these included. */
  sequence: number;
  steps: DecidedStep[];
}

/** Kernel → browser: steps of a copy were lost; send them again. */
export interface ResendMessage {
  kind: "resend";
  painting: string;
  copy_id: string;
  /** The first that is missing. */
  number: number;
}

/** Kernel → browser: the mask is to be read; answer with the number of the last step. */
export interface AskMessage {
  kind: "ask";
  painting: string;
  request: string;
}

/** Browser → kernel: a copy was made and asks for the history. */
export interface MaskHelloMessage {
  kind: "hello";
  painting: string;
  copy_id: string;
}

/** Browser → kernel: a step made in a copy. */
export interface StepMessage {
  kind: "step";
  painting: string;
  copy_id: string;
  /** Counted from 1 in that copy. */
  number: number;
  step: StrokeStep | ShapeStep | PolygonStep | PlainStep;
}

/** Browser → kernel: the number of a copy's last step, in answer to an ask. */
export interface UpToMessage {
  kind: "up_to";
  painting: string;
  request: string;
  copy_id: string;
  /** Of its last step. */
  number: number;
}

/** Browser → kernel: a copy shows its painting no more, and every step of it was decided. */
export interface LeftMessage {
  kind: "left";
  painting: string;
  copy_id: string;
}

/** Browser → kernel: do all that is offered. */
export interface TakeOverMessage {
  kind: "take_over";
  painting: string;
  copy_id: string;
}

/** Browser → kernel: a page shows the painter, and its state has no picture. */
export interface AskPictureMessage {
  kind: "picture";
  painting: string;
  copy_id: string;
}

/** Kernel → browser: the file of the picture, in the first buffer, in answer to that. */
export interface PictureMessage {
  kind: "picture";
  painting: string;
  /** The copy that it answers. */
  copy_id: string;
}

/** How far the picture is to grow on each of its sides, in picture pixels. */
export interface GroundSides {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The value of a trait: the sides, and what the kernel took in last. */
export interface DecidedSides {
  /** Whose sides they are. */
  painting: string;
  /** The copy in which they were set; empty for Python. */
  copy_id: string;
  /** Of that copy's message, counted from 1. */
  number: number;
  /** Those of before, if that message was refused. */
  sides: GroundSides;
}

/** Browser → kernel: sides that were set in a copy. */
export interface SidesMessage {
  kind: "sides";
  painting: string;
  copy_id: string;
  /** Counted from 1 in that copy. */
  number: number;
  sides: GroundSides;
}

export type WireStep = StrokeStep | ShapeStep | PolygonStep | PlainStep;
export type KernelMessage =
  | MaskSnapshotMessage
  | DecidedMessage
  | ResendMessage
  | AskMessage
  | PictureMessage;
export type BrowserMessage =
  | MaskHelloMessage
  | StepMessage
  | UpToMessage
  | LeftMessage
  | TakeOverMessage
  | AskPictureMessage
  | SidesMessage;

/** The traits that a painter reads, and those that its controls set. */
export interface MaskPainterModel {
  /** The language that the painter speaks: "", "en" or "zh"; empty is the browser's own. */
  language: string;
  /** What a drag does. */
  tool: "brush" | "eraser" | "rectangle" | "ellipse";
  /** The brush's, in picture pixels. */
  radius: number;
  /** How shapes go into the mask. */
  mode: "add" | "subtract" | "intersect";
  /** The overlay's, as #rrggbb. */
  color: string;
  /** The overlay's, 0 to 1. */
  opacity: number;
  /** What is painted on now. */
  _shown: ShownPainting;
  /** The ipycanvas MultiCanvas that shows the picture; null once it was closed. */
  _canvas: string | null;
  /** The file of the picture as it is shown; empty where the saved notebook is to keep none. */
  _picture: DataView;
  /** Whether the painter that this one's cell showed before left a mask or new ground to take over. */
  _offer: boolean;
  /** How far the picture is to grow, as the kernel has it. */
  _sides: DecidedSides;
  /** What the static form under the widget is marked with; random. */
  _static_id: string;
}
