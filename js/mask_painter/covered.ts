/* The columns of each row that an operation has covered. The segments of a stroke cross a row hundreds
   of times, nearly at the same place, and only new columns have to be checked pixel by pixel. */
import type { Put } from "./spans";

export class CoveredSpans {
  // one span of each row; columns apart from it are checked again
  readonly #low: Int32Array;
  readonly #high: Int32Array;

  constructor(height: number) {
    this.#low = new Int32Array(height);
    this.#high = new Int32Array(height);
  }

  reset(): void {
    this.#low.fill(0);
    this.#high.fill(0);
  }

  /** Wraps `put` so that it gets only the parts of spans that are new. */
  newParts(put: Put): Put {
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
