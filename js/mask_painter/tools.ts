/* What a hand does to a mask, with a pointer or with keys: the tool that is chosen, at places in the
   picture. */
import type { AnyModel } from "@anywidget/types";
import type { Point } from "./camera";
import type { MaskDocument } from "./document";
import type { MaskPainterModel } from "./messages";
import type { Mode, Shape } from "./operations";

export type Tool = MaskPainterModel["tool"];

export const LEAST_RADIUS = 0.5;
// one press of [ or ]: small brushes by a pixel, large ones by what is seen to be larger
const SIZE_STEP = 1.2;

export interface Held {
  /** Square or circle. */
  square: boolean;
  /** Take out, whatever the mode is. */
  subtract: boolean;
}

export class Hand {
  readonly document: MaskDocument;
  readonly #model: AnyModel<MaskPainterModel>;
  /** Where painting ended last, from where a straight line goes on. */
  #last: Point | null = null;
  /** Which stroke of the mask this hand draws. */
  #stroke = 0;

  constructor(document: MaskDocument, model: AnyModel<MaskPainterModel>) {
    this.document = document;
    this.#model = model;
  }

  get tool(): Tool {
    return this.#model.get("tool");
  }

  get radius(): number {
    return this.#model.get("radius");
  }

  get mode(): Mode {
    return this.#model.get("mode");
  }

  get paints(): boolean {
    return this.tool === "brush" || this.tool === "eraser";
  }

  /** Chooses what the controls say, here and in the other views; one message. */
  choose<K extends "tool" | "radius" | "mode" | "color" | "opacity">(
    name: K,
    value: MaskPainterModel[K],
  ): void {
    if (this.#model.get(name) === value) return;
    this.#model.set(name, value);
    try {
      this.#model.save_changes();
    } catch {
      // a kernel that is gone need not know
    }
  }

  swap(): void {
    if (this.paints) this.choose("tool", this.tool === "brush" ? "eraser" : "brush");
    else this.choose("mode", this.mode === "subtract" ? "add" : "subtract");
  }

  resize(larger: boolean): void {
    const { width, height } = this.document.raster;
    const size = 2 * this.radius;
    const next = larger
      ? Math.max(size + 1, Math.round(size * SIZE_STEP))
      : Math.min(size - 1, Math.round(size / SIZE_STEP));
    const most = Math.max(width, height);
    this.choose("radius", Math.min(Math.max(LEAST_RADIUS, next / 2), most));
  }

  /** Puts the brush down; `line` draws from where it was lifted last. */
  press(at: Point, line: boolean, erase = this.tool === "eraser"): void {
    this.#stroke = this.document.begin(this.radius, erase);
    if (line && this.#last) this.document.extend([this.#last.x, this.#last.y], this.#stroke);
    this.move([at]);
  }

  move(path: readonly Point[]): void {
    const points: number[] = [];
    for (const at of path) {
      if (this.#last && at.x === this.#last.x && at.y === this.#last.y && points.length > 0)
        continue;
      points.push(at.x, at.y);
      this.#last = at;
    }
    this.document.extend(points, this.#stroke);
  }

  lift(): void {
    this.document.commit(this.#stroke);
  }

  /** Takes back the stroke that is being drawn. */
  abandon(): void {
    this.document.abandon(this.#stroke);
  }

  /** The shape between two corners, of whole pixels; null where there is none. */
  shape(from: Point, to: Point, held: Held): Shape | null {
    const kind = this.tool === "ellipse" ? "ellipse" : "rectangle";
    let dx = to.x - from.x;
    let dy = to.y - from.y;
    if (held.square) {
      const side = Math.max(Math.abs(dx), Math.abs(dy));
      dx = dx < 0 ? -side : side;
      dy = dy < 0 ? -side : side;
    }
    const left = Math.round(Math.min(from.x, from.x + dx));
    const top = Math.round(Math.min(from.y, from.y + dy));
    const width = Math.round(Math.max(from.x, from.x + dx)) - left;
    const height = Math.round(Math.max(from.y, from.y + dy)) - top;
    if (width < 1 || height < 1) return null;
    const mode = held.subtract ? "subtract" : this.mode;
    return { kind, x: left, y: top, width, height, mode };
  }

  put(shape: Shape): void {
    this.document.do(shape);
  }
}
