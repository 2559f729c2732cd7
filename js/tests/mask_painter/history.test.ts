import { expect, test } from "vitest";
import { after, type History, NOTHING } from "../../mask_painter/history";
import { type Operation, pack, type Step, Unpacker } from "../../mask_painter/operations";
import { Dice } from "./random_steps";

const UNDO: Step = { kind: "undo" };
const REDO: Step = { kind: "redo" };
const follow = (steps: readonly Step[]) => steps.reduce<History>(after, NOTHING);

test("a history is what an editor makes of the same keys", () => {
  const dice = new Dice(1);
  for (let round = 0; round < 300; round++) {
    const steps = Array.from({ length: dice.below(14) }, () => dice.step());
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

test("undo and redo with nothing left change nothing, so that nobody draws anything anew", () => {
  expect(after(NOTHING, UNDO)).toBe(NOTHING);
  const one = after(NOTHING, { kind: "invert" });

  expect(after(one, REDO)).toBe(one);
});

test("a new step forgets what was undone", () => {
  const history = follow([{ kind: "invert" }, { kind: "clear" }, UNDO, { kind: "clear" }]);

  expect(history.done.map(({ kind }) => kind)).toEqual(["invert", "clear"]);
  expect(after(history, REDO)).toBe(history);
});

test("a moment is not changed by what comes after", () => {
  const moment = follow([{ kind: "invert" }]);
  after(after(moment, UNDO), { kind: "clear" });

  expect(moment.done).toHaveLength(1);
  expect(moment.undone).toHaveLength(0);
});

test("an operation that comes back is the very same, which its drawing is known by", () => {
  const operation: Operation = { kind: "clear" };

  expect(follow([operation, UNDO, REDO]).done[0]).toBe(operation);
});

test("steps come back from a message as they were, wherever their points lie in memory", () => {
  const dice = new Dice(2);
  const steps = Array.from({ length: 80 }, () => dice.step());
  const packed = steps.map(pack);
  const numbers = packed.flatMap(({ points }) => [...points]);
  for (const start of [0, 1, 2, 3]) {
    const bytes = new Uint8Array(start + 4 * numbers.length);
    bytes.set(new Uint8Array(Float32Array.from(numbers).buffer), start);
    const unpacker = new Unpacker(new DataView(bytes.buffer, start));

    expect(packed.map(({ wire }) => unpacker.step(wire))).toEqual(steps);
  }
});

test("a step that is sent holds plain JSON, and its points are counted in pairs", () => {
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
