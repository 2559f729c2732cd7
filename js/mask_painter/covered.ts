/* What of each row an operation is known to have covered: strokes meet a row hundreds of times, each
   time nearly in the same place, and only what is new has to be looked at pixel by pixel. */
import type { Put } from "./spans";

export class Covered {
  // one part of each row; what lies apart from it is looked at again
  readonly #low: Int32Array;
  readonly #high: Int32Array;

  constructor(height: number) {
    this.#low = new Int32Array(height);
    this.#high = new Int32Array(height);
  }

  forget(): void {
    this.#low.fill(0);
    this.#high.fill(0);
  }

  /** Returns what takes spans and passes on what is new of them. */
  only(put: Put): Put {
    return (row, start, end) => {
      const low = this.#low[row] as number;
      const high = this.#high[row] as number;
      if (low < high && start <= high && end >= low) {
        if (start < low) put(row, start, low);
        if (end > high) put(row, high, end);
        this.#low[row] = Math.min(low, start);
        this.#high[row] = Math.max(high, end);
      } else {
        put(row, start, end);
        this.#low[row] = start;
        this.#high[row] = end;
      }
    };
  }
}
