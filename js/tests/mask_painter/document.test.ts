import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Change } from "../../mask_painter/document";
import { kinds } from "./fake_kernel";
import { INVERT, LEFT, open, SIZE, UNDO, UPPER } from "./page";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("what a person does", () => {
  test("shows at once, also before the kernel has said anything, and is one message each", () => {
    const { fake, mask } = open();
    mask.do(UPPER);
    expect(mask.share).toBe(0.5);
    mask.do(INVERT);
    mask.do(UNDO);

    expect(mask.share).toBe(0.5);
    expect(fake.of("step").map(({ number, step }) => [number, step.kind])).toEqual([
      [1, "rectangle"],
      [2, "invert"],
      [3, "undo"],
    ]);
    expect(fake.of("step").every(({ page }) => page === mask.page)).toBe(true);
  });

  test("is not sent where there is nothing to undo or redo", () => {
    const { fake, mask } = open();
    mask.do(UNDO);
    mask.do({ kind: "redo" });

    expect(fake.sent).toEqual([]);
  });

  test("is a message a stroke, however many points it has, with the points as they were drawn", () => {
    const { fake, mask, changes } = open();
    mask.begin(1.5, false);
    for (let at = 0; at < 300; at++) mask.extend([0.1 + (at % 9), 3.3]);
    expect(fake.sent).toEqual([]);
    mask.commit();

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
    expect(changes.filter(({ step }) => step)).toHaveLength(1);
  });

  test("is kept if another view begins a stroke meanwhile, and each hand draws its own", () => {
    const { fake, mask } = open();
    const first = mask.begin(1, false);
    mask.extend([1, 1], first);
    const second = mask.begin(1, false);
    mask.extend([8, 8], second);
    mask.extend([1, 8], first);
    mask.commit(first);
    expect(mask.raster.painting).toBe(true);
    mask.commit(second);

    const strokes = fake.outbox.map(({ buffers }) => buffers[0] as DataView);
    const places = strokes.map((points) => [points.getFloat32(0, true), points.byteLength]);
    expect(places).toEqual([
      [1, 8],
      [8, 8],
    ]);
    expect(kinds(mask.history.done)).toEqual(["stroke", "stroke"]);
  });

  test("that is lost on its way is asked after, and sent again", () => {
    const { fake, mask, snapshot } = open();
    snapshot();
    mask.do(UPPER);
    vi.advanceTimersByTime(2100);
    expect(fake.of("hello")).toHaveLength(1);
    // the kernel has nothing of it
    snapshot();
    expect(fake.of("step").map(({ number }) => number)).toEqual([1, 1]);
  });

  test("is nothing if a stroke is given up, or never had a point", () => {
    const { fake, mask } = open();
    mask.begin(3, false);
    mask.extend([5, 5]);
    expect(mask.share).toBeGreaterThan(0);
    mask.abandon();
    mask.begin(3, false);
    mask.commit();
    mask.commit();

    expect(mask.share).toBe(0);
    expect(mask.history.done).toEqual([]);
    expect(fake.sent).toEqual([]);
    mask.do(UPPER);
    expect(mask.share).toBe(0.5);
  });

  test("stays where it is when the kernel says that it is in", () => {
    const { mask, snapshot, applied, mine } = open();
    snapshot();
    mask.do(UPPER);
    mask.do(INVERT);
    const { done } = mask.history;
    applied(1, mine(1));
    applied(2, mine(2));

    expect(mask.share).toBe(0.5);
    expect(mask.history.done).toEqual(done);
    expect(mask.history.done[0]).toBe(done[0]);
  });

  test("is on top of what others did meanwhile", () => {
    const { mask, snapshot, applied, mine } = open();
    snapshot();
    mask.do(INVERT);
    applied(1, { made: UPPER });

    expect(kinds(mask.history.done)).toEqual(["rectangle", "invert"]);
    expect(mask.share).toBe(0.5);
    applied(2, mine(1));
    expect(kinds(mask.history.done)).toEqual(["rectangle", "invert"]);
  });

  test("disappears when the kernel refused it, and what came after it stays", () => {
    const { mask, snapshot, applied, mine } = open();
    snapshot();
    mask.do(INVERT);
    mask.do(LEFT);
    applied(1, mine(1, false));

    expect(kinds(mask.history.done)).toEqual(["rectangle"]);
    expect(mask.share).toBe(0.5);
    applied(2, mine(2));
    expect(mask.share).toBe(0.5);
  });

  test("is sent again from where the kernel misses it", () => {
    const { fake, mask, snapshot } = open();
    snapshot();
    for (const step of [UPPER, INVERT, UNDO]) mask.do(step);
    fake.outbox.length = 0;
    mask.receive({ kind: "resend", page: "another", number: 1 }, []);
    expect(fake.outbox).toEqual([]);
    mask.receive({ kind: "resend", page: mask.page, number: 2 }, []);

    expect(fake.of("step").map(({ number, step }) => [number, step.kind])).toEqual([
      [2, "invert"],
      [3, "undo"],
    ]);
  });

  test("is said to wait if the kernel takes long, and no longer once it is in", () => {
    const { mask, snapshot, applied, mine, changes } = open();
    snapshot();
    mask.do(UPPER);
    vi.advanceTimersByTime(1900);
    expect(mask.waiting).toBe(false);
    vi.advanceTimersByTime(200);
    expect(mask.waiting).toBe(true);
    expect(changes.at(-1)?.step).toBe(true);
    applied(1, mine(1));

    expect(mask.waiting).toBe(false);
    vi.advanceTimersByTime(10_000);
    expect(mask.waiting).toBe(false);
  });
});

describe("a stroke that goes on", () => {
  const live = () => {
    const opened = open();
    opened.mask.begin(1, false);
    opened.mask.extend([1, 9, 9, 9]);
    return opened;
  };

  test("survives what others do, on top of it, and is kept whole", () => {
    const { fake, mask, snapshot, applied } = open();
    snapshot();
    mask.begin(1, false);
    mask.extend([1, 9, 5, 9]);
    applied(1, { made: UPPER });
    mask.extend([9, 9]);
    const before = mask.raster.count;
    mask.commit();

    expect(mask.raster.painting).toBe(false);
    expect(mask.raster.count).toBe(before);
    expect(kinds(mask.history.done)).toEqual(["rectangle", "stroke"]);
    expect(fake.of("step")).toHaveLength(1);
    expect(fake.of("step")[0]?.step).toMatchObject({ points: 3 });
  });

  test("survives the first snapshot of a history", () => {
    const { mask, snapshot } = live();
    snapshot({ done: [UPPER] });
    mask.commit();

    expect(kinds(mask.history.done)).toEqual(["rectangle", "stroke"]);
    expect(mask.raster.count).toBeGreaterThan((SIZE * SIZE) / 2);
  });

  test("survives the first snapshot of a mask to begin with", () => {
    const { fake, mask, snapshot } = live();
    snapshot({ base: [0xff, 0xc0, ...Array(11).fill(0)] });
    mask.extend([9, 8]);
    mask.commit();

    expect(kinds(mask.history.done)).toEqual(["stroke"]);
    expect(fake.of("step")[0]?.step).toMatchObject({ points: 3 });
    expect(mask.raster.count).toBeGreaterThan(SIZE);
  });

  test("can be given up after others did something, and leaves their work", () => {
    const { mask, snapshot, applied } = open();
    snapshot();
    mask.begin(4, true);
    mask.extend([5, 5]);
    applied(1, { made: INVERT });
    expect(mask.raster.count).toBeLessThan(SIZE * SIZE);
    mask.abandon();

    expect(mask.raster.count).toBe(SIZE * SIZE);
  });
});

test("whoever listens hears where pixels changed, until they leave", () => {
  const { mask } = open();
  const heard: Change[] = [];
  const leaving = new AbortController();
  mask.listen((change) => heard.push(change), leaving.signal);
  mask.begin(1, false);
  mask.extend([5, 5]);
  mask.extend([5, 5]);
  expect(heard).toEqual([{ box: { x0: 4, y0: 4, x1: 6, y1: 6 }, step: false }]);
  leaving.abort();
  mask.commit();

  expect(heard).toHaveLength(1);
});
