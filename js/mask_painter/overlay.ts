/* The mask as a view shows it: each screen pixel shows the picture pixel under its centre, so that the
   overlay is exact at any zoom. Painted parts have a tint, stripes and an outline: they can be
   recognised without colour too. */

import { element } from "../shared/dom";
import { type Box, isEmpty } from "./box";
import type { Camera, Size } from "./camera";
import type { MaskRaster } from "./raster";

// CSS px of a stripe; the opacity of the lighter stripes, as a part of the tint's
const STRIPES = 8;
const LIGHTER = 0.72;
// the least opacity of the outline
const OUTLINE = 0.9;

export class Overlay {
  readonly el = element("canvas", { class: "lumen-painter-overlay", "aria-hidden": "true" });
  readonly #context: CanvasRenderingContext2D;
  readonly #raster: MaskRaster;
  readonly #camera: Camera;
  /** Device pixels of a CSS pixel, across and down; they differ by less than a pixel over the stage. */
  #across = 1;
  #down = 1;
  /** The picture column under each screen column, and the row under each screen row; -1 is none. */
  #columns: Int32Array = new Int32Array();
  #rows: Int32Array = new Int32Array();
  #tints = { darker: 0, lighter: 0, outline: 0 };

  constructor(raster: MaskRaster, camera: Camera) {
    this.#raster = raster;
    this.#camera = camera;
    // drawn pixel by pixel on the CPU: a canvas on the GPU would be slower
    const context = this.el.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("This browser draws no canvas.");
    this.#context = context;
  }

  setTint(color: string, opacity: number): void {
    const value = Number.parseInt(color.slice(1), 16);
    const rgb = ((value & 255) << 16) | (value & 0xff00) | (value >> 16);
    const tint = (part: number) => ((Math.round(255 * Math.min(1, part)) << 24) | rgb) >>> 0;
    this.#tints = {
      darker: tint(opacity),
      lighter: tint(opacity * LIGHTER),
      outline: tint(Math.max(opacity, OUTLINE)),
    };
    this.draw();
  }

  /** Draws all that the camera shows now, in this many device pixels. */
  render({ width, height }: Size): void {
    const { stage, scale, x, y, picture } = this.#camera;
    this.#across = width / Math.max(stage.width, 1);
    this.#down = height / Math.max(stage.height, 1);
    if (this.el.width !== width) this.el.width = width;
    if (this.el.height !== height) this.el.height = height;
    this.#columns = pixelsUnder(width, this.#across, x, scale, picture.width);
    this.#rows = pixelsUnder(height, this.#down, y, scale, picture.height);
    this.draw();
  }

  /** Draws the visible area of a part of the picture, or of all of it. */
  draw(part?: Box): void {
    const { width, height } = this.el;
    const seen = part ? this.#onScreen(part) : { x0: 0, y0: 0, x1: width, y1: height };
    if (isEmpty(seen)) return;
    const across = seen.x1 - seen.x0;
    const image = new ImageData(across, seen.y1 - seen.y0);
    const out = new Uint32Array(image.data.buffer);
    const { pixels, width: stride } = this.#raster;
    const columns = this.#columns;
    const rows = this.#rows;
    const { darker, lighter, outline } = this.#tints;
    // in screen pixels: an outline is as wide as a CSS pixel, a stripe as several
    const line = Math.max(1, Math.round(this.#across));
    const period = Math.max(2, Math.round(STRIPES * this.#across));
    let at = 0;
    for (let row = seen.y0; row < seen.y1; row++) {
      const y = rows[row] as number;
      if (y < 0) {
        at += across;
        continue;
      }
      const here = y * stride;
      const above = (rows[row - line] ?? -1) * stride;
      const below = (rows[row + line] ?? -1) * stride;
      const edge = above < 0 || below < 0;
      for (let column = seen.x0; column < seen.x1; column++, at++) {
        const x = columns[column] as number;
        if (x < 0 || ((pixels[here + x] as number) & 1) === 0) continue;
        const left = columns[column - line] ?? -1;
        const right = columns[column + line] ?? -1;
        const inner =
          !edge &&
          left >= 0 &&
          right >= 0 &&
          ((pixels[above + x] as number) &
            (pixels[below + x] as number) &
            (pixels[here + left] as number) &
            (pixels[here + right] as number) &
            1) ===
            1;
        const tint = (column + row) % (2 * period) < period ? darker : lighter;
        out[at] = inner ? tint : outline;
      }
    }
    this.#context.putImageData(image, seen.x0, seen.y0);
  }

  /** The screen pixels that show a part of the picture, and the outline around it. */
  #onScreen(part: Box): Box {
    const { scale, x, y } = this.#camera;
    const more = Math.max(1, Math.round(this.#across)) + 1;
    return {
      x0: Math.max(0, Math.floor((part.x0 * scale + x) * this.#across) - more),
      y0: Math.max(0, Math.floor((part.y0 * scale + y) * this.#down) - more),
      x1: Math.min(this.el.width, Math.ceil((part.x1 * scale + x) * this.#across) + more),
      y1: Math.min(this.el.height, Math.ceil((part.y1 * scale + y) * this.#down) + more),
    };
  }
}

function pixelsUnder(
  length: number,
  ratio: number,
  corner: number,
  scale: number,
  size: number,
): Int32Array {
  const found = new Int32Array(length);
  for (let at = 0; at < length; at++) {
    const pixel = Math.floor(((at + 0.5) / ratio - corner) / scale);
    found[at] = pixel >= 0 && pixel < size ? pixel : -1;
  }
  return found;
}
