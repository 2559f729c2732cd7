import { expect, test } from "vitest";
import { type Operation, pack, type Step, Unpacker } from "../../mask_painter/operations";
import { after, EMPTY_HISTORY, type UndoHistory } from "../../mask_painter/undo_history";
import { RandomSteps } from "./random_steps";

const UNDO: Step = { kind: "undo" };
const REDO: Step = { kind: "redo" };
const follow = (steps: readonly Step[]) => steps.reduce<UndoHistory>(after, EMPTY_HISTORY);

test("a history follows the rules of an editor's undo and redo", () => {
  const random = new RandomSteps(1);
  for (let round = 0; round < 300; round++) {
    const steps = Array.from({ length: random.below(14) }, () => random.step());
    const past: Operation[] = [];
    let at = 0;
    for (const step of steps) {
      if (step.kind === "undo") at = Math.max(0, at - 1);
      else if (step.kind === "redo") at = Math.min(past.length, at + 1);
      else {
        past.splice(at, past.length, step);
        at++;
      }
    }

    expect(follow(steps).done).toEqual(past.slice(0, at));
    expect(follow(steps).undone).toEqual(past.slice(at).reverse());
  }
});

test("undo and redo with nothing left return the same history, so that nothing is drawn again", () => {
  expect(after(EMPTY_HISTORY, UNDO)).toBe(EMPTY_HISTORY);
  const one = after(EMPTY_HISTORY, { kind: "invert" });

  expect(after(one, REDO)).toBe(one);
});

test("a new step removes what was undone", () => {
  const history = follow([{ kind: "invert" }, { kind: "clear" }, UNDO, { kind: "clear" }]);

  expect(history.done.map(({ kind }) => kind)).toEqual(["invert", "clear"]);
  expect(after(history, REDO)).toBe(history);
});

test("a history is not changed by later steps", () => {
  const history = follow([{ kind: "invert" }]);
  after(after(history, UNDO), { kind: "clear" });

  expect(history.done).toHaveLength(1);
  expect(history.undone).toHaveLength(0);
});

test("redo restores the same object, by which the raster recognises what it has drawn", () => {
  const operation: Operation = { kind: "clear" };

  expect(follow([operation, UNDO, REDO]).done[0]).toBe(operation);
});

test("steps are unpacked as they were packed, at any alignment of the buffer", () => {
  const random = new RandomSteps(2);
  const steps = Array.from({ length: 80 }, () => random.step());
  const packed = steps.map(pack);
  const numbers = packed.flatMap(({ points }) => [...points]);
  for (const start of [0, 1, 2, 3]) {
    const bytes = new Uint8Array(start + 4 * numbers.length);
    bytes.set(new Uint8Array(Float32Array.from(numbers).buffer), start);
    const unpacker = new Unpacker(new DataView(bytes.buffer, start));

    expect(packed.map(({ wire }) => unpacker.step(wire))).toEqual(steps);
  }
});

test("a packed step is plain JSON, with the number of its points", () => {
  const stroke: Step = {
    kind: "stroke",
    points: Float32Array.of(1, 2, 3, 4),
    radius: 5,
    erase: true,
  };
  const { wire, points } = pack(stroke);

  expect(wire).toEqual({ kind: "stroke", radius: 5, erase: true, points: 2 });
  expect([...points]).toEqual([1, 2, 3, 4]);
  expect(new Unpacker(undefined).step({ kind: "undo" })).toEqual(UNDO);
});
