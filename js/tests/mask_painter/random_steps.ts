/* Random operations, the same in every run. */
import type { Mode, Operation, Step } from "../../mask_painter/operations";

export class RandomSteps {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A number in [0, 1), by Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below another one. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<T>(things: readonly T[]): T {
    return things[this.below(things.length)] as T;
  }

  /** Coordinates x, y, x, y, …, as float32, some of them on pixels' centres. */
  points(count: number): number[] {
    const kind = this.below(3);
    return Array.from({ length: 2 * count }, () => {
      const place = this.next() * 60 - 10;
      return Math.fround(kind === 0 ? place : kind === 1 ? Math.round(place * 2) / 2 : place / 3);
    });
  }

  operation(): Operation {
    const mode = this.pick<Mode>(["add", "add", "subtract", "intersect"]);
    switch (this.below(8)) {
      case 0:
        return { kind: "invert" };
      case 1:
        return this.below(3) === 0 ? { kind: "clear" } : { kind: "invert" };
      case 2:
      case 3: {
        const [x = 0, y = 0, width = 0, height = 0] = this.points(2);
        const size = { width: Math.abs(width) + 0.5, height: Math.abs(height) + 0.5 };
        return { kind: this.pick(["rectangle", "ellipse"] as const), x, y, ...size, mode };
      }
      case 4:
        return { kind: "polygon", points: Float32Array.from(this.points(3 + this.below(4))), mode };
      default:
        return {
          kind: "stroke",
          points: Float32Array.from(this.points(1 + this.below(5))),
          radius: this.pick([0.5, 1, 2.5, 5, 13]),
          erase: this.below(3) === 0,
        };
    }
  }

  step(): Step {
    const kind = this.pick([null, null, null, "undo", "redo"] as const);
    return kind ? { kind } : this.operation();
  }
}
