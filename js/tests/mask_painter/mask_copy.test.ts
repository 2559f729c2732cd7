import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Change } from "../../mask_painter/mask_copy";
import { kinds, PAINTING } from "./fake_kernel";
import { INVERT, LEFT, open, SIZE, UNDO, UPPER } from "./open_copy";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a step made in a copy", () => {
  test("shows at once, also before the kernel has sent anything, and is one message", () => {
    const { fake, mask } = open();
    mask.apply(UPPER);
    expect(mask.coverage).toBe(0.5);
    mask.apply(INVERT);
    mask.apply(UNDO);

    expect(mask.coverage).toBe(0.5);
    expect(fake.of("step").map(({ number, step }) => [number, step.kind])).toEqual([
      [1, "rectangle"],
      [2, "invert"],
      [3, "undo"],
    ]);
    expect(fake.of("step").every(({ copy_id }) => copy_id === mask.id)).toBe(true);
  });

  test("is not sent where there is nothing to undo or redo", () => {
    const { fake, mask } = open();
    mask.apply(UNDO);
    mask.apply({ kind: "redo" });

    expect(fake.sent).toEqual([]);
  });

  test("is one message for a stroke, however many points it has, with the points as drawn", () => {
    const { fake, mask, changes } = open();
    mask.beginStroke(1.5, false);
    for (let at = 0; at < 300; at++) mask.extendStroke([0.1 + (at % 9), 3.3]);
    expect(fake.sent).toEqual([]);
    mask.commitStroke();

    const [stroke, ...more] = fake.outbox;
    expect(more).toEqual([]);
    expect(stroke?.message).toMatchObject({
      kind: "step",
      number: 1,
      step: { kind: "stroke", radius: 1.5, erase: false, points: 300 },
    });
    const sent = stroke?.buffers[0] as DataView;
    expect(sent.byteLength).toBe(300 * 8);
    expect(sent.getFloat32(8, true)).toBe(Math.fround(1.1));
    expect(kinds(mask.history.done)).toEqual(["stroke"]);
    expect(changes.filter(({ summaryChanged }) => summaryChanged)).toHaveLength(1);
  });

  test("is kept if another view begins a stroke meanwhile, and each view draws its own", () => {
    const { fake, mask } = open();
    const first = mask.beginStroke(1, false);
    mask.extendStroke([1, 1], first);
    const second = mask.beginStroke(1, false);
    mask.extendStroke([8, 8], second);
    mask.extendStroke([1, 8], first);
    mask.commitStroke(first);
    expect(mask.raster.painting).toBe(true);
    mask.commitStroke(second);

    const strokes = fake.outbox.map(({ buffers }) => buffers[0] as DataView);
    const places = strokes.map((points) => [points.getFloat32(0, true), points.byteLength]);
    expect(places).toEqual([
      [1, 8],
      [8, 8],
    ]);
    expect(kinds(mask.history.done)).toEqual(["stroke", "stroke"]);
  });

  test("whose message was lost is sent again after the timeout", () => {
    const { fake, mask, snapshot } = open();
    snapshot();
    mask.apply(UPPER);
    vi.advanceTimersByTime(2100);
    expect(fake.of("hello")).toHaveLength(1);
    // the kernel does not have it
    snapshot();
    expect(fake.of("step").map(({ number }) => number)).toEqual([1, 1]);
  });

  test("does not come of a stroke that was cancelled, or never had a point", () => {
    const { fake, mask } = open();
    mask.beginStroke(3, false);
    mask.extendStroke([5, 5]);
    expect(mask.coverage).toBeGreaterThan(0);
    mask.cancelStroke();
    mask.beginStroke(3, false);
    mask.commitStroke();
    mask.commitStroke();

    expect(mask.coverage).toBe(0);
    expect(mask.history.done).toEqual([]);
    expect(fake.sent).toEqual([]);
    mask.apply(UPPER);
    expect(mask.coverage).toBe(0.5);
  });

  test("stays as it is when the kernel confirms it", () => {
    const { mask, snapshot, decided, mine } = open();
    snapshot();
    mask.apply(UPPER);
    mask.apply(INVERT);
    const { done } = mask.history;
    decided(1, mine(1));
    decided(2, mine(2));

    expect(mask.coverage).toBe(0.5);
    expect(mask.history.done).toEqual(done);
    expect(mask.history.done[0]).toBe(done[0]);
  });

  test("is on top of the steps of others meanwhile", () => {
    const { mask, snapshot, decided, mine } = open();
    snapshot();
    mask.apply(INVERT);
    decided(1, { made: UPPER });

    expect(kinds(mask.history.done)).toEqual(["rectangle", "invert"]);
    expect(mask.coverage).toBe(0.5);
    decided(2, mine(1));
    expect(kinds(mask.history.done)).toEqual(["rectangle", "invert"]);
  });

  test("disappears when the kernel refused it, and what came after it stays", () => {
    const { mask, snapshot, decided, mine } = open();
    snapshot();
    mask.apply(INVERT);
    mask.apply(LEFT);
    decided(1, mine(1, false));

    expect(kinds(mask.history.done)).toEqual(["rectangle"]);
    expect(mask.coverage).toBe(0.5);
    decided(2, mine(2));
    expect(mask.coverage).toBe(0.5);
  });

  test("is sent again from the number that the kernel asks for", () => {
    const { fake, mask, snapshot } = open();
    snapshot();
    for (const step of [UPPER, INVERT, UNDO]) mask.apply(step);
    fake.outbox.length = 0;
    mask.receive({ kind: "resend", painting: PAINTING, copy_id: "another", number: 1 }, []);
    expect(fake.outbox).toEqual([]);
    mask.receive({ kind: "resend", painting: PAINTING, copy_id: mask.id, number: 2 }, []);

    expect(fake.of("step").map(({ number, step }) => [number, step.kind])).toEqual([
      [2, "invert"],
      [3, "undo"],
    ]);
  });

  test("is reported as delayed if the kernel takes long, and no longer once it is confirmed", () => {
    const { mask, snapshot, decided, mine, changes } = open();
    snapshot();
    mask.apply(UPPER);
    vi.advanceTimersByTime(1900);
    expect(mask.delayed).toBe(false);
    vi.advanceTimersByTime(200);
    expect(mask.delayed).toBe(true);
    expect(changes.at(-1)?.summaryChanged).toBe(true);
    decided(1, mine(1));

    expect(mask.delayed).toBe(false);
    vi.advanceTimersByTime(10_000);
    expect(mask.delayed).toBe(false);
  });
});

describe("a stroke in progress", () => {
  const live = () => {
    const opened = open();
    opened.mask.beginStroke(1, false);
    opened.mask.extendStroke([1, 9, 9, 9]);
    return opened;
  };

  test("stays on top of the steps of others, and is kept whole", () => {
    const { fake, mask, snapshot, decided } = open();
    snapshot();
    mask.beginStroke(1, false);
    mask.extendStroke([1, 9, 5, 9]);
    decided(1, { made: UPPER });
    mask.extendStroke([9, 9]);
    const before = mask.raster.count;
    mask.commitStroke();

    expect(mask.raster.painting).toBe(false);
    expect(mask.raster.count).toBe(before);
    expect(kinds(mask.history.done)).toEqual(["rectangle", "stroke"]);
    expect(fake.of("step")).toHaveLength(1);
    expect(fake.of("step")[0]?.step).toMatchObject({ points: 3 });
  });

  test("survives the first snapshot of a history", () => {
    const { mask, snapshot } = live();
    snapshot({ done: [UPPER] });
    mask.commitStroke();

    expect(kinds(mask.history.done)).toEqual(["rectangle", "stroke"]);
    expect(mask.raster.count).toBeGreaterThan((SIZE * SIZE) / 2);
  });

  test("survives a first snapshot with a mask in it", () => {
    const { fake, mask, snapshot } = live();
    snapshot({ base: [0xff, 0xc0, ...Array(11).fill(0)] });
    mask.extendStroke([9, 8]);
    mask.commitStroke();

    expect(kinds(mask.history.done)).toEqual(["stroke"]);
    expect(fake.of("step")[0]?.step).toMatchObject({ points: 3 });
    expect(mask.raster.count).toBeGreaterThan(SIZE);
  });

  test("can be cancelled after steps of others, which stay", () => {
    const { mask, snapshot, decided } = open();
    snapshot();
    mask.beginStroke(4, true);
    mask.extendStroke([5, 5]);
    decided(1, { made: INVERT });
    expect(mask.raster.count).toBeLessThan(SIZE * SIZE);
    mask.cancelStroke();

    expect(mask.raster.count).toBe(SIZE * SIZE);
  });
});

test("a listener gets the box of changed pixels, until its signal aborts", () => {
  const { mask } = open();
  const changes: Change[] = [];
  const ending = new AbortController();
  mask.listen((change) => changes.push(change), ending.signal);
  mask.beginStroke(1, false);
  mask.extendStroke([5, 5]);
  mask.extendStroke([5, 5]);
  expect(changes).toEqual([{ box: { x0: 4, y0: 4, x1: 6, y1: 6 }, summaryChanged: false }]);
  ending.abort();
  mask.commitStroke();

  expect(changes).toHaveLength(1);
});
