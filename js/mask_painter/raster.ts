/* The mask that operations make, pixel for pixel the one that the kernel makes, kept up to date while
   somebody paints. It follows a list of operations: what two lists have in common stays, the rest is
   taken back and drawn anew. Nothing here knows the page. */
import { around, type Box, nowhere } from "./box";
import { Covered } from "./covered";
import type { Operation, Stroke } from "./operations";
import { capsule, eachSpan, type Put } from "./spans";

interface Drawn {
  operation: Operation;
  box: Box;
  /** What it changed: first pixel and length of each run; null if that is no longer known. */
  runs: Int32Array | null;
}

// bits of a pixel: in the mask; changed by the operation that is being drawn; inside its shape
const SET = 1;
const CHANGED = 2;
const INSIDE = 4;
const CHANGED_WORD = 0x02020202;

// of memory for taking back; beyond that the oldest operations are drawn again from the start
const MOST_RUN_BYTES = 64_000_000;

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
  #drawn: Drawn[] = [];
  #runBytes = 0;
  #live: { radius: number; erase: boolean; points: number[] } | null = null;
  /** What the operation that is being drawn changed so far. */
  #box = nowhere();
  readonly #covered: Covered;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#whole = { x0: 0, y0: 0, x1: width, y1: height };
    const bytes = new ArrayBuffer(4 * Math.ceil((width * height) / 4));
    this.pixels = new Uint8Array(bytes);
    this.#words = new Uint32Array(bytes);
    this.#covered = new Covered(height);
  }

  get painting(): boolean {
    return this.#live !== null;
  }

  /** Begins anew from what is in the mask before any operation: one bit a pixel, or nothing. */
  startFrom(base: Uint8Array | null): void {
    const live = this.#live;
    this.#base = base;
    this.#reset();
    if (live) {
      this.begin(live.radius, live.erase);
      this.extend(live.points);
    }
  }

  /** Takes on the mask of these operations; returns where that changed something. */
  follow(operations: readonly Operation[]): Box {
    const live = this.#live;
    let box = live ? this.abandon() : nowhere();
    let common = 0;
    while (
      common < this.#drawn.length &&
      common < operations.length &&
      this.#drawn[common]?.operation === operations[common]
    ) {
      common++;
    }
    box = around(box, this.#goBack(common));
    for (let at = this.#drawn.length; at < operations.length; at++) {
      box = around(box, this.#draw(operations[at] as Operation));
    }
    // somebody is in the middle of a stroke: it goes on, over what came meanwhile
    if (live) {
      this.begin(live.radius, live.erase);
      box = around(box, this.extend(live.points));
    }
    return box;
  }

  /** Begins a stroke, which is drawn as its points come. */
  begin(radius: number, erase: boolean): void {
    this.#live = { radius, erase, points: [] };
    this.#covered.forget();
  }

  /** Draws on to more points, x, y, x, y, …, which have to be float32; returns where. */
  extend(points: readonly number[]): Box {
    const live = this.#live;
    if (!live || points.length === 0) return nowhere();
    const before = this.#box;
    this.#box = nowhere();
    const put = this.#putter(live.erase ? 0 : SET);
    let at = live.points.length;
    for (const value of points) live.points.push(value);
    if (at === 0) {
      capsule(live.points, 0, 0, live.radius, this.width, this.height, put);
      at = 2;
    }
    for (; at < live.points.length; at += 2) {
      capsule(live.points, at - 2, at, live.radius, this.width, this.height, put);
    }
    const box = this.#box;
    this.#box = around(before, box);
    return box;
  }

  /** Ends the stroke and keeps it; null if there is none. */
  commit(): Stroke | null {
    const live = this.#live;
    if (!live) return null;
    this.#live = null;
    const { radius, erase } = live;
    const points = Float32Array.from(live.points);
    const operation: Stroke = { kind: "stroke", points, radius, erase };
    this.#keep(operation);
    return operation;
  }

  /** Ends the stroke as if it had not been; returns where. */
  abandon(): Box {
    this.#live = null;
    const box = this.#box;
    this.#box = nowhere();
    this.#flip(this.#changedRuns(box));
    return box;
  }

  #draw(operation: Operation): Box {
    this.#box = nowhere();
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
    this.#covered.forget();
    if (operation.kind === "clear") {
      this.#box = { ...this.#whole };
      this.#clear(0);
    } else if (operation.kind !== "stroke" && operation.mode === "intersect") {
      eachSpan(operation, this.width, this.height, (row, start, end) => {
        const from = row * this.width;
        for (let at = from + start; at < from + end; at++) {
          this.pixels[at] = (this.pixels[at] as number) | INSIDE;
        }
      });
      this.#box = { ...this.#whole };
      this.#clear(INSIDE);
    } else {
      const takesOut =
        operation.kind === "stroke" ? operation.erase : operation.mode === "subtract";
      eachSpan(operation, this.width, this.height, this.#putter(takesOut ? 0 : SET));
    }
    return this.#keep(operation);
  }

  /** Returns what sets a span, and notes what that changes. */
  #putter(value: number): Put {
    return this.#covered.only((row, start, end) => this.#put(value, row, start, end));
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

  /** Takes out everything, or all that is not inside the shape. */
  #clear(but: number): void {
    const { pixels } = this;
    for (let word = 0; word < this.#words.length; word++) {
      if (this.#words[word] === 0) continue;
      for (let at = 4 * word; at < 4 * word + 4; at++) {
        const pixel = pixels[at] as number;
        if (pixel & SET && (pixel & but) === 0) {
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
    this.#box = nowhere();
    const runs = Int32Array.from(this.#changedRuns(box));
    this.#drawn.push({ operation, box, runs });
    this.#runBytes += runs.byteLength;
    for (let at = 0; this.#runBytes > MOST_RUN_BYTES && at < this.#drawn.length - 1; at++) {
      const old = this.#drawn[at] as Drawn;
      this.#runBytes -= old.runs?.byteLength ?? 0;
      old.runs = null;
    }
    return box;
  }

  #goBack(length: number): Box {
    let box = nowhere();
    while (this.#drawn.length > length) {
      const last = this.#drawn.pop() as Drawn;
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
      box = around(box, last.box);
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

  /** The runs in a box that the operation changed, all one way; they are not marked any more. */
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
    this.#live = null;
    this.#box = nowhere();
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
