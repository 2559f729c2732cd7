/* The mask that operations make, pixel for pixel the same as the kernel's, updated during a stroke. It
   follows a list of operations: the common beginning of the old and the new list stays drawn, the rest
   is reverted and the new operations are drawn. Independent of the browser. */
import { type Box, emptyBox, union } from "./box";
import { CoveredSpans } from "./covered";
import type { Operation, Stroke } from "./operations";
import { operationSpans, type Put, segmentSpans } from "./spans";

interface DrawnOperation {
  operation: Operation;
  box: Box;
  /** The pixels that it changed: start and length of each run; null if they are no longer stored. */
  runs: Int32Array | null;
}

// bits of a pixel: in the mask; changed by the current operation; inside its shape
const SET = 1;
const CHANGED = 2;
const INSIDE = 4;
const CHANGED_WORD = 0x02020202;

// memory for undo; without its runs, an operation is undone by drawing all before it again
const MAX_RUN_BYTES = 64_000_000;

export class MaskRaster {
  readonly width: number;
  readonly height: number;
  /** One byte a pixel, of which bit 0 says whether it is in the mask. */
  readonly pixels: Uint8Array;
  /** How many pixels are in the mask. */
  count = 0;
  readonly #words: Uint32Array;
  readonly #whole: Box;
  #base: Uint8Array | null = null;
  #drawn: DrawnOperation[] = [];
  #runBytes = 0;
  #stroke: { radius: number; erase: boolean; points: number[] } | null = null;
  /** Where the current operation changed pixels so far. */
  #box = emptyBox();
  readonly #covered: CoveredSpans;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#whole = { x0: 0, y0: 0, x1: width, y1: height };
    const bytes = new ArrayBuffer(4 * Math.ceil((width * height) / 4));
    this.pixels = new Uint8Array(bytes);
    this.#words = new Uint32Array(bytes);
    this.#covered = new CoveredSpans(height);
  }

  get painting(): boolean {
    return this.#stroke !== null;
  }

  /** Starts again from the mask before any operation: one bit a pixel, or null for an empty one. */
  setBase(base: Uint8Array | null): void {
    const stroke = this.#stroke;
    this.#base = base;
    this.#reset();
    if (stroke) {
      this.beginStroke(stroke.radius, stroke.erase);
      this.extendStroke(stroke.points);
    }
  }

  /** Gives its memory back, whatever still holds the raster, which is not used again. */
  release(): void {
    const { buffer } = this.pixels;
    // moved to where nothing holds it
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
  }

  /** Draws the mask of these operations; returns where pixels changed. */
  follow(operations: readonly Operation[]): Box {
    const stroke = this.#stroke;
    let box = stroke ? this.cancelStroke() : emptyBox();
    let common = 0;
    while (
      common < this.#drawn.length &&
      common < operations.length &&
      this.#drawn[common]?.operation === operations[common]
    ) {
      common++;
    }
    box = union(box, this.#goBack(common));
    for (let at = this.#drawn.length; at < operations.length; at++) {
      box = union(box, this.#draw(operations[at] as Operation));
    }
    // a stroke in progress continues, on top of the new operations
    if (stroke) {
      this.beginStroke(stroke.radius, stroke.erase);
      box = union(box, this.extendStroke(stroke.points));
    }
    return box;
  }

  /** Begins a stroke, drawn as its points arrive. */
  beginStroke(radius: number, erase: boolean): void {
    this.#stroke = { radius, erase, points: [] };
    this.#covered.reset();
  }

  /** Adds points to the stroke (x, y, x, y, …, float32 values); returns where pixels changed. */
  extendStroke(points: readonly number[]): Box {
    const stroke = this.#stroke;
    if (!stroke || points.length === 0) return emptyBox();
    const before = this.#box;
    this.#box = emptyBox();
    const put = this.#spanSetter(stroke.erase ? 0 : SET);
    let at = stroke.points.length;
    for (const value of points) stroke.points.push(value);
    if (at === 0) {
      segmentSpans(stroke.points, 0, 0, stroke.radius, this.width, this.height, put);
      at = 2;
    }
    for (; at < stroke.points.length; at += 2) {
      segmentSpans(stroke.points, at - 2, at, stroke.radius, this.width, this.height, put);
    }
    const box = this.#box;
    this.#box = union(before, box);
    return box;
  }

  /** Ends the stroke and returns it; null if there is none. */
  commitStroke(): Stroke | null {
    const stroke = this.#stroke;
    if (!stroke) return null;
    this.#stroke = null;
    const { radius, erase } = stroke;
    const points = Float32Array.from(stroke.points);
    const operation: Stroke = { kind: "stroke", points, radius, erase };
    this.#keep(operation);
    return operation;
  }

  /** Ends the stroke and removes it; returns where pixels changed. */
  cancelStroke(): Box {
    this.#stroke = null;
    const box = this.#box;
    this.#box = emptyBox();
    this.#flip(this.#changedRuns(box));
    return box;
  }

  #draw(operation: Operation): Box {
    this.#box = emptyBox();
    if (operation.kind === "invert") {
      for (let at = 0; at < this.#words.length; at++) {
        this.#words[at] = (this.#words[at] as number) ^ 0x01010101;
      }
      // the last word may reach beyond the last pixel
      this.pixels.fill(0, this.width * this.height);
      this.count = this.width * this.height - this.count;
      const box = { ...this.#whole };
      this.#drawn.push({ operation, box, runs: null });
      return box;
    }
    this.#covered.reset();
    if (operation.kind === "clear") {
      this.#box = { ...this.#whole };
      this.#clear(0);
    } else if (operation.kind !== "stroke" && operation.mode === "intersect") {
      operationSpans(operation, this.width, this.height, (row, start, end) => {
        const from = row * this.width;
        for (let at = from + start; at < from + end; at++) {
          this.pixels[at] = (this.pixels[at] as number) | INSIDE;
        }
      });
      this.#box = { ...this.#whole };
      this.#clear(INSIDE);
    } else {
      const subtracts =
        operation.kind === "stroke" ? operation.erase : operation.mode === "subtract";
      operationSpans(operation, this.width, this.height, this.#spanSetter(subtracts ? 0 : SET));
    }
    return this.#keep(operation);
  }

  /** Returns a function that sets spans and marks the pixels that this changes. */
  #spanSetter(value: number): Put {
    return this.#covered.newParts((row, start, end) => this.#put(value, row, start, end));
  }

  #put(value: number, row: number, start: number, end: number): void {
    const { pixels } = this;
    const from = row * this.width;
    let changed = 0;
    for (let at = from + start; at < from + end; at++) {
      if (((pixels[at] as number) & SET) !== value) {
        pixels[at] = value | CHANGED;
        changed++;
      }
    }
    if (changed === 0) return;
    this.count += value === SET ? changed : -changed;
    const box = this.#box;
    if (row < box.y0) box.y0 = row;
    if (row >= box.y1) box.y1 = row + 1;
    if (start < box.x0) box.x0 = start;
    if (end > box.x1) box.x1 = end;
  }

  /** Clears every pixel except those with the bit `kept`. */
  #clear(kept: number): void {
    const { pixels } = this;
    for (let word = 0; word < this.#words.length; word++) {
      if (this.#words[word] === 0) continue;
      for (let at = 4 * word; at < 4 * word + 4; at++) {
        const pixel = pixels[at] as number;
        if (pixel & SET && (pixel & kept) === 0) {
          pixels[at] = CHANGED;
          this.count--;
        } else {
          pixels[at] = pixel & SET;
        }
      }
    }
  }

  #keep(operation: Operation): Box {
    const box = this.#box;
    this.#box = emptyBox();
    const runs = Int32Array.from(this.#changedRuns(box));
    this.#drawn.push({ operation, box, runs });
    this.#runBytes += runs.byteLength;
    for (let at = 0; this.#runBytes > MAX_RUN_BYTES && at < this.#drawn.length - 1; at++) {
      const old = this.#drawn[at] as DrawnOperation;
      this.#runBytes -= old.runs?.byteLength ?? 0;
      old.runs = null;
    }
    return box;
  }

  #goBack(length: number): Box {
    let box = emptyBox();
    while (this.#drawn.length > length) {
      const last = this.#drawn.pop() as DrawnOperation;
      if (last.operation.kind === "invert") {
        this.#draw(last.operation);
        this.#drawn.pop();
      } else if (last.runs) {
        this.#runBytes -= last.runs.byteLength;
        this.#flip(last.runs);
      } else {
        const operations = this.#drawn.slice(0, length).map(({ operation }) => operation);
        this.#reset();
        for (const operation of operations) this.#draw(operation);
        return { ...this.#whole };
      }
      box = union(box, last.box);
    }
    return box;
  }

  #flip(runs: ArrayLike<number>): void {
    const { pixels } = this;
    for (let at = 0; at < runs.length; at += 2) {
      const start = runs[at] as number;
      const end = start + (runs[at + 1] as number);
      this.count += (pixels[start] as number) & SET ? start - end : end - start;
      for (let pixel = start; pixel < end; pixel++) {
        pixels[pixel] = (pixels[pixel] as number) ^ SET;
      }
    }
  }

  /** The runs that the operation changed in a box, all the same way; their marks are removed. */
  #changedRuns(box: Box): number[] {
    const runs: number[] = [];
    const { pixels } = this;
    for (let row = box.y0; row < box.y1; row++) {
      const end = row * this.width + box.x1;
      let at = row * this.width + box.x0;
      while (at < end) {
        if ((at & 3) === 0 && ((this.#words[at >> 2] as number) & CHANGED_WORD) === 0) {
          at += 4;
          continue;
        }
        if (((pixels[at] as number) & CHANGED) === 0) {
          at++;
          continue;
        }
        const start = at;
        while (at < end && (pixels[at] as number) & CHANGED) {
          pixels[at] = (pixels[at] as number) & SET;
          at++;
        }
        runs.push(start, at - start);
      }
    }
    return runs;
  }

  #reset(): void {
    this.#drawn = [];
    this.#runBytes = 0;
    this.#stroke = null;
    this.#box = emptyBox();
    this.pixels.fill(0);
    this.count = 0;
    if (!this.#base) return;
    for (let at = 0; at < this.width * this.height; at++) {
      const bit = ((this.#base[at >> 3] as number) >> (7 - (at & 7))) & 1;
      this.pixels[at] = bit;
      this.count += bit;
    }
  }
}
