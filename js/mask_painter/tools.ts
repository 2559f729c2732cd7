/* The painter's tools: the chosen tool and its settings, applied to the mask at points of the picture,
   for pointer and keyboard alike. */
import type { AnyModel } from "@anywidget/types";
import type { Point } from "./camera";
import type { MaskCopy } from "./mask_copy";
import type { MaskPainterModel } from "./messages";
import type { Mode, Shape } from "./operations";

export type Tool = MaskPainterModel["tool"];

export const MIN_RADIUS = 0.5;
// of [ or ]: a small brush changes by a pixel, a large one by this factor, which is visible
const SIZE_STEP = 1.2;

export interface Modifiers {
  /** Shift: a square or a circle. */
  square: boolean;
  /** Alt: subtract, whatever the mode is. */
  subtract: boolean;
}

export class Tools {
  readonly mask: MaskCopy;
  readonly #model: AnyModel<MaskPainterModel>;
  /** The end of the last stroke, where a straight line starts. */
  #last: Point | null = null;
  /** The number of this view's stroke in the mask. */
  #stroke = 0;

  constructor(mask: MaskCopy, model: AnyModel<MaskPainterModel>) {
    this.mask = mask;
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

  /** Sets a trait, in this view and the others, with one message. */
  choose<K extends "tool" | "radius" | "mode" | "color" | "opacity">(
    name: K,
    value: MaskPainterModel[K],
  ): void {
    if (this.#model.get(name) === value) return;
    this.#model.set(name, value);
    this.mask.connection.save();
  }

  swap(): void {
    if (this.paints) this.choose("tool", this.tool === "brush" ? "eraser" : "brush");
    else this.choose("mode", this.mode === "subtract" ? "add" : "subtract");
  }

  resizeBrush(larger: boolean): void {
    const { width, height } = this.mask.raster;
    const size = 2 * this.radius;
    const next = larger
      ? Math.max(size + 1, Math.round(size * SIZE_STEP))
      : Math.min(size - 1, Math.round(size / SIZE_STEP));
    const most = Math.max(width, height);
    this.choose("radius", Math.min(Math.max(MIN_RADIUS, next / 2), most));
  }

  /** Begins a stroke; `line` draws a straight line from the end of the last one. */
  beginStroke(at: Point, line: boolean, erase = this.tool === "eraser"): void {
    this.#stroke = this.mask.beginStroke(this.radius, erase);
    if (line && this.#last) this.mask.extendStroke([this.#last.x, this.#last.y], this.#stroke);
    this.extendStroke([at]);
  }

  extendStroke(path: readonly Point[]): void {
    const points: number[] = [];
    for (const at of path) {
      if (this.#last && at.x === this.#last.x && at.y === this.#last.y && points.length > 0)
        continue;
      points.push(at.x, at.y);
      this.#last = at;
    }
    this.mask.extendStroke(points, this.#stroke);
  }

  commitStroke(): void {
    this.mask.commitStroke(this.#stroke);
  }

  /** Removes the stroke in progress. */
  cancelStroke(): void {
    this.mask.cancelStroke(this.#stroke);
  }

  /** The shape between two corners, of whole pixels; null where there is none. */
  shapeBetween(from: Point, to: Point, modifiers: Modifiers): Shape | null {
    const kind = this.tool === "ellipse" ? "ellipse" : "rectangle";
    let dx = to.x - from.x;
    let dy = to.y - from.y;
    if (modifiers.square) {
      const side = Math.max(Math.abs(dx), Math.abs(dy));
      dx = dx < 0 ? -side : side;
      dy = dy < 0 ? -side : side;
    }
    const left = Math.round(Math.min(from.x, from.x + dx));
    const top = Math.round(Math.min(from.y, from.y + dy));
    const width = Math.round(Math.max(from.x, from.x + dx)) - left;
    const height = Math.round(Math.max(from.y, from.y + dy)) - top;
    if (width < 1 || height < 1) return null;
    const mode = modifiers.subtract ? "subtract" : this.mode;
    return { kind, x: left, y: top, width, height, mode };
  }

  apply(shape: Shape): void {
    this.mask.apply(shape);
  }
}
