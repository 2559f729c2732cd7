/* The operations on a mask, and their form in messages. Coordinates are picture pixels, (0, 0) the top
   left corner; points are x, y, x, y, … in float32, as in the kernel. */
import type { PlainStep, ShapeStep, WireStep } from "./messages";

export type Mode = ShapeStep["mode"];

export interface Stroke {
  kind: "stroke";
  points: Float32Array;
  radius: number;
  erase: boolean;
}

export interface Polygon {
  kind: "polygon";
  points: Float32Array;
  mode: Mode;
}

export type Shape = ShapeStep;
export type Operation = Stroke | Shape | Polygon | { kind: "invert" } | { kind: "clear" };
export type Step = Operation | { kind: "undo" } | { kind: "redo" };

/** A step in its form for a message, and its points. */
export function pack(step: Step): { wire: WireStep; points: Float32Array } {
  switch (step.kind) {
    case "stroke": {
      const { kind, radius, erase, points } = step;
      return { wire: { kind, radius, erase, points: points.length / 2 }, points };
    }
    case "polygon": {
      const { kind, mode, points } = step;
      return { wire: { kind, mode, points: points.length / 2 }, points };
    }
    case "rectangle":
    case "ellipse":
      return { wire: { ...step }, points: new Float32Array() };
    default:
      return { wire: { kind: step.kind }, points: new Float32Array() };
  }
}

/** Reads the points of one step after the other from a message's buffer. */
export class Unpacker {
  readonly #points: Float32Array;
  #at = 0;

  constructor(buffer: DataView | undefined) {
    // a copy: a message's buffer may not begin at a multiple of four bytes
    const bytes = buffer
      ? buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength)
      : new ArrayBuffer(0);
    this.#points = new Float32Array(bytes as ArrayBuffer);
  }

  step(wire: WireStep): Step {
    switch (wire.kind) {
      case "stroke":
        return {
          kind: "stroke",
          radius: wire.radius,
          erase: wire.erase,
          points: this.#take(wire.points),
        };
      case "polygon":
        return { kind: "polygon", mode: wire.mode, points: this.#take(wire.points) };
      case "rectangle":
      case "ellipse":
        return { ...wire };
      default:
        return { kind: (wire as PlainStep).kind };
    }
  }

  #take(count: number): Float32Array {
    const start = this.#at;
    this.#at += 2 * count;
    return this.#points.slice(start, this.#at);
  }
}
