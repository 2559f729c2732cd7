/* The messages between the kernel and a mask painter; the Python side of it is
   lumen_widgets/widgets/mask_painter/messages.py, and a test holds the names alike. The points of all
   steps of a message are one run of float32 pairs in its first buffer. */

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

/** A step that the kernel applied or refused. */
export interface AppliedStep {
  /** The page that made it; empty for Python. */
  page: string;
  /** Its number on that page. */
  number: number;
  /** False: refused, and the page removes it. */
  taken: boolean;
  /** null where only the page that made it is open. */
  step: StrokeStep | ShapeStep | PolygonStep | PlainStep | null;
}

/** Kernel → browser: the whole history, in answer to a hello. A second buffer holds the mask before the
    first step, one bit a pixel; it is empty where that was empty. */
export interface MaskSnapshotMessage {
  kind: "snapshot";
  /** The page that it answers. */
  page: string;
  /** How many steps the kernel has applied. */
  sequence: number;
  /** The last of that page's own steps among them. */
  number: number;
  done: (StrokeStep | ShapeStep | PolygonStep | PlainStep)[];
  undone: (StrokeStep | ShapeStep | PolygonStep | PlainStep)[];
}

/** Kernel → browser: new steps, in the kernel's order. */
export interface AppliedMessage {
  kind: "applied";
  /** How many steps the kernel has applied, these included. */
  sequence: number;
  steps: AppliedStep[];
}

/** Kernel → browser: steps of a page were lost; send them again. */
export interface ResendMessage {
  kind: "resend";
  page: string;
  /** The first that is missing. */
  number: number;
}

/** Kernel → browser: the mask is to be read; answer with the number of the last step. */
export interface AskMessage {
  kind: "ask";
  request: string;
}

/** Kernel → browser: the picture's file in the one buffer, where ipycanvas does not show it. */
export interface PaintedPictureMessage {
  kind: "picture";
  page: string;
  media_type: string;
}

/** Browser → kernel: a page shows the painter and asks for the history. */
export interface MaskHelloMessage {
  kind: "hello";
  page: string;
}

/** Browser → kernel: a step of a page. */
export interface StepMessage {
  kind: "step";
  page: string;
  /** Counted from 1 on that page. */
  number: number;
  step: StrokeStep | ShapeStep | PolygonStep | PlainStep;
}

/** Browser → kernel: the number of this page's last step, in answer to an ask. */
export interface UpToMessage {
  kind: "up_to";
  request: string;
  page: string;
  /** Its last step. */
  number: number;
}

/** Browser → kernel: ipycanvas shows nothing here; send the picture itself. */
export interface WantPictureMessage {
  kind: "want_picture";
  page: string;
}

export type WireStep = StrokeStep | ShapeStep | PolygonStep | PlainStep;
export type KernelMessage =
  | MaskSnapshotMessage
  | AppliedMessage
  | ResendMessage
  | AskMessage
  | PaintedPictureMessage;
export type BrowserMessage = MaskHelloMessage | StepMessage | UpToMessage | WantPictureMessage;

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
  /** The picture's size in pixels. */
  _width: number;
  _height: number;
  /** The text alternative of the picture. */
  _alt: string;
  /** The ipycanvas MultiCanvas that shows the picture. */
  _canvas: string;
}
