import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Change } from "../../mask_painter/mask_copy";
import type { Operation } from "../../mask_painter/operations";
import { kinds, PAINTING } from "./fake_kernel";
import { INVERT, LEFT, open, SIZE, UNDO, UPPER } from "./open_copy";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a message of the kernel", () => {
  test("brings the whole history first, undone steps too", () => {
    const { fake, mask, snapshot } = open();
    mask.hello();
    expect(fake.of("hello")).toEqual([{ kind: "hello", painting: PAINTING, copy_id: mask.id }]);
    expect(mask.loaded).toBe(false);
    snapshot({ done: [UPPER], undone: [LEFT], sequence: 3 });

    expect(mask.loaded).toBe(true);
    expect(mask.coverage).toBe(0.5);
    mask.apply({ kind: "redo" });
    expect(mask.coverage).toBe(0.75);
  });

  test("may bring a mask before the first step, which undo does not remove", () => {
    const { mask, snapshot } = open();
    snapshot({ base: [0xff, 0xc0, ...Array(11).fill(0)] });
    expect(mask.coverage).toBe(0.1);
    mask.apply(UNDO);
    expect(mask.coverage).toBe(0.1);
    mask.apply(INVERT);
    expect(mask.coverage).toBe(0.9);
  });

  test("shows at once, also in a view that was open before it, without a step since", () => {
    const { changes, snapshot } = open();
    snapshot({ base: [0xff, 0xc0, ...Array(11).fill(0)] });
    const { box } = changes.at(-1) as Change;

    expect(Math.min(box.x0, box.y0)).toBe(0);
    expect(box.x1).toBe(SIZE);
    expect(box.y1).toBeGreaterThanOrEqual(1);
  });

  test("goes below the steps before it arrived, which are sent again", () => {
    const { fake, mask, snapshot } = open();
    mask.apply(INVERT);
    fake.outbox.length = 0;
    snapshot({ done: [UPPER], base: [0, 0, ...Array(10).fill(0), 0x10] });

    expect(mask.coverage).toBe(0.49);
    expect(fake.of("step").map(({ number }) => number)).toEqual([1]);
  });

  test("replaces the steps that it contains, and keeps those still pending", () => {
    const { fake, mask, snapshot } = open();
    snapshot();
    mask.apply(UPPER);
    mask.apply(INVERT);
    fake.outbox.length = 0;
    snapshot({ done: [LEFT, UPPER], sequence: 2, number: 1 });

    expect(kinds(mask.history.done)).toEqual(["rectangle", "rectangle", "invert"]);
    expect(mask.coverage).toBe(0.25);
    expect(fake.of("step").map(({ number }) => number)).toEqual([2]);
  });

  test("counts once, however often it arrives", () => {
    const { fake, mask, snapshot, decided } = open();
    snapshot({ done: [UPPER], sequence: 5 });
    decided(5, { made: INVERT });
    decided(6, { made: INVERT }, { made: INVERT });
    decided(6, { made: INVERT });

    expect(kinds(mask.history.done)).toEqual(["rectangle", "invert"]);
    expect(fake.of("hello")).toEqual([]);
  });

  test("is requested again when a part was lost", () => {
    const { fake, mask, snapshot, decided } = open();
    snapshot();
    decided(3, { made: INVERT });

    expect(mask.coverage).toBe(0);
    expect(fake.of("hello")).toHaveLength(1);
    snapshot({ done: [UPPER, LEFT, INVERT], sequence: 3 });
    expect(mask.coverage).toBe(0.25);
  });

  test("is ignored if it is for another copy, or before the first snapshot", () => {
    const { mask, snapshot, decided } = open();
    decided(1, { made: INVERT });
    snapshot({ copy_id: "another", done: [UPPER] });

    expect(mask.loaded).toBe(false);
    expect(mask.coverage).toBe(0);
  });

  test("has the points of all its steps in one buffer", () => {
    const { mask, snapshot, decided } = open();
    const dab = (x: number): Operation => {
      return { kind: "stroke", points: Float32Array.of(x, 0.5), radius: 0.25, erase: false };
    };
    snapshot({ done: [dab(0.5), UPPER, UNDO, dab(1.5)].filter(({ kind }) => kind === "stroke") });
    decided(4, { made: dab(2.5) }, { made: dab(3.5) });

    expect([...mask.raster.pixels.subarray(0, 5)]).toEqual([1, 1, 1, 1, 0]);
  });

  test("may ask for the number of this copy's last step", () => {
    const { fake, mask, snapshot } = open();
    snapshot();
    mask.receive({ kind: "ask", painting: PAINTING, request: "q" }, []);
    mask.apply(UPPER);
    mask.receive({ kind: "ask", painting: PAINTING, request: "r" }, []);

    expect(fake.of("up_to")).toEqual([
      { kind: "up_to", painting: PAINTING, request: "q", copy_id: mask.id, number: 0 },
      { kind: "up_to", painting: PAINTING, request: "r", copy_id: mask.id, number: 1 },
    ]);
    // after the step itself, so that the kernel has the step when this arrives
    expect(fake.outbox.map(({ message }) => message.kind)).toEqual(["up_to", "step", "up_to"]);
  });
});
