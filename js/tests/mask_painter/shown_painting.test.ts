import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BrowserMessage } from "../../mask_painter/messages";
import { ShownPainting } from "../../mask_painter/shown_painting";
import { NO_SIDES } from "../../shared/side_numbers";
import { decidedSides, PAINTING, PainterModel } from "./fake_kernel";
import { INVERT, UPPER } from "./open_copy";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What a page has of a painter, and the way to go on to another painting. */
function open() {
  const fake = new PainterModel(10, 10);
  const ending = new AbortController();
  const shown = new ShownPainting(fake.model, ending.signal);
  const goOn = (painting = "q", width = 6, height = 4) => {
    fake.set("_sides", decidedSides(NO_SIDES, 0, "", painting));
    fake.set("_shown", { painting, width, height, alt: "" });
  };
  const decide = (painting: string, copy_id: string, number: number) => {
    const step = { copy_id, number, accepted: true, step: null };
    const message = { kind: "decided", painting, sequence: number, steps: [step] };
    fake.deliver(message, [new DataView(new ArrayBuffer(0))]);
  };
  const load = (painting: string, copy_id: string) => {
    const message = { kind: "snapshot", painting, copy_id, sequence: 0, number: 0 };
    const empty = new DataView(new ArrayBuffer(0));
    fake.deliver({ ...message, done: [], undone: [] }, [empty, empty]);
  };
  const sent = (painting: string) =>
    fake.outbox
      .map(({ message }) => message)
      .filter((one: BrowserMessage) => one.painting === painting)
      .map(({ kind }) => kind);
  return { fake, shown, ending, goOn, decide, load, sent };
}

test("a page begins with a copy of its own of each painting, and names it in every message", () => {
  const { shown, goOn, sent } = open();
  shown.mask.apply(UPPER);
  goOn();
  expect(shown.mask.painting).toBe("q");
  expect(shown.mask.coverage).toBe(0);
  expect([shown.mask.raster.width, shown.mask.raster.height]).toEqual([6, 4]);
  shown.mask.apply(INVERT);
  shown.setSides({ ...NO_SIDES, left: 4 });

  expect(sent(PAINTING)).toEqual(["hello", "step"]);
  expect(sent("q")).toEqual(["hello", "step", "sides"]);
});

test("steps of a former painting are seen to until the kernel has all, and then it is left", () => {
  const { shown, fake, goOn, decide, load, sent } = open();
  const former = shown.mask;
  load(PAINTING, former.id);
  former.apply(UPPER);
  former.apply(INVERT);
  goOn();
  expect(former.raster.pixels.length).toBe(0);
  fake.deliver({ kind: "resend", painting: PAINTING, copy_id: former.id, number: 2 });
  fake.deliver({ kind: "ask", painting: PAINTING, request: "r" });
  expect(fake.of("up_to")).toEqual([
    { kind: "up_to", painting: PAINTING, request: "r", copy_id: former.id, number: 2 },
  ]);
  decide(PAINTING, former.id, 1);
  expect(fake.of("left")).toEqual([]);
  decide(PAINTING, former.id, 2);
  expect(fake.of("left")).toEqual([{ kind: "left", painting: PAINTING, copy_id: former.id }]);
  fake.deliver({ kind: "ask", painting: PAINTING, request: "s" });
  vi.advanceTimersByTime(60_000);

  expect(fake.of("up_to")).toHaveLength(1);
  expect(sent(PAINTING)).toEqual(["hello", "step", "step", "step", "up_to", "left"]);
  expect(shown.mask.coverage).toBe(0);
});

test("a stroke in progress belongs to the painting that it was begun on", () => {
  const { shown, fake, goOn } = open();
  shown.mask.beginStroke(2, false);
  shown.mask.extendStroke([3, 3, 6, 6]);
  goOn();
  shown.mask.commitStroke();

  expect(fake.of("step").map(({ painting }) => painting)).toEqual([PAINTING]);
});

test("sides of another painting are none of this one", () => {
  const { shown, fake, goOn } = open();
  goOn();
  fake.set("_sides", decidedSides({ ...NO_SIDES, left: 8 }));
  expect(shown.sides.sides).toEqual(NO_SIDES);
  fake.set("_sides", decidedSides({ ...NO_SIDES, top: 8 }, 0, "", "q"));

  expect(shown.sides.sides.top).toBe(8);
});

test("views are told of another painting, and what listens goes on to it", () => {
  const { shown, ending, goOn, fake } = open();
  const heard: string[] = [];
  const { signal } = new AbortController();
  shown.listen(() => heard.push(shown.mask.painting), signal);
  shown.onStep(() => heard.push("step"), signal);
  shown.onSides(({ left }) => heard.push(`left ${left}`), signal);
  goOn();
  shown.mask.apply(INVERT);
  shown.setSides({ ...NO_SIDES, left: 3 });
  // the same once more is no news
  goOn();
  expect(heard).toEqual(["q", "step", "left 3"]);
  ending.abort();

  expect(fake.listenerCount("change:_shown")).toBe(0);
  expect(fake.listenerCount("change:_sides")).toBe(0);
  expect(fake.listenerCount("msg:custom")).toBe(0);
});
