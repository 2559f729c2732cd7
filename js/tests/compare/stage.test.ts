import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gridOf, Stage, type StageHooks, type StagePicture } from "../../compare/stage";
import { LARGE_ENGLISH } from "../../shared/large_words";
import { PictureCopies, type WantsMessage } from "../../shared/picture_copies";
import { connect, FakeModel } from "../shared/fake_model";

const FRAME = { width: 2000, height: 1000 };

beforeEach(() => {
  vi.useFakeTimers();
  // happy-dom lays nothing out
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { value: 500, configurable: true });
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

// each test has pictures of its own: a page keeps what has arrived
let numbers = 0;

function mount(hooks: StageHooks = {}, bytes = 1000) {
  numbers += 1;
  const pictures: StagePicture[] = Array.from({ length: 3 }, (_, place) => ({
    sha256: `${numbers}-${place}`,
    width: 2000,
    height: 1000,
    bytes,
    place: { left: 0, top: 0, width: 2000, height: 1000 },
  }));
  const fake = new FakeModel<Record<string, unknown>>({});
  const { signal } = new AbortController();
  const connection = connect(fake.model);
  const copies = new PictureCopies(fake.model, connection, signal);
  const stage = new Stage(pictures, FRAME, copies, connection, LARGE_ENGLISH, hooks, signal);
  document.body.append(stage.el);
  const wants = () =>
    ((fake.sent as WantsMessage[]).at(-1)?.copies ?? []).map(
      ({ sha256, copy }) => `${copy} ${sha256.split("-")[1]}`,
    );
  const arrive = (place: number, copy = "display", error = "") =>
    fake.deliver(
      { kind: "copy", sha256: `${numbers}-${place}`, copy, media_type: "image/png", error },
      error ? [] : [new DataView(new ArrayBuffer(8))],
    );
  const moved = () =>
    [...stage.el.querySelectorAll<HTMLElement>(".lumen-pane-world")].map(
      (world) => world.style.transform,
    );
  const point = (type: string, clientX: number, clientY: number, pointerId = 1) =>
    stage.el.dispatchEvent(
      new PointerEvent(type, { clientX, clientY, pointerId, button: 0, bubbles: true }),
    );
  return { fake, stage, wants, arrive, moved, point };
}

test("panes stand as the pictures are largest in the room there is", () => {
  const wide = { width: 300, height: 200 };
  expect(gridOf(2, 1400, 700, wide)).toEqual({ columns: 2, rows: 1 });
  expect(gridOf(2, 340, 560, wide)).toEqual({ columns: 1, rows: 2 });
  expect(gridOf(4, 1400, 700, wide)).toEqual({ columns: 2, rows: 2 });
  // not three and one, which are no larger
  expect(gridOf(4, 760, 485, { width: 100, height: 100 })).toEqual({ columns: 2, rows: 2 });
  expect(gridOf(4, 2000, 500, { width: 100, height: 200 })).toEqual({ columns: 4, rows: 1 });
});

test("what is shown is asked for first, then what will be, then the files of all", () => {
  const { stage, wants } = mount();
  stage.arrange({ layout: "upon", shown: [2, 0], alts: ["", ""], ahead: [1] });

  expect(wants()).toEqual([
    ...["display 2", "display 0", "display 1"],
    ...["original 2", "original 0", "original 1"],
  ]);
});

test("files are asked for only as they are zoomed into, where they are long", () => {
  const { stage, wants } = mount({}, 40 * 1024 * 1024);
  stage.arrange({ layout: "upon", shown: [0, 1], alts: ["", ""] });
  expect(wants()).toEqual(["display 0", "display 1"]);
  stage.toPixels();
  expect(wants()).toEqual(["display 0", "display 1", "original 0", "original 1"]);
});

test("a difference is that of the files", () => {
  const { stage, wants } = mount({}, 40 * 1024 * 1024);
  stage.arrange({ layout: "upon", shown: [0, 1], alts: ["", ""], blended: true });

  expect(wants()).toContain("original 0");
  expect(stage.el.hasAttribute("data-blended")).toBe(true);
});

test("all panes move in step", () => {
  const { stage, moved } = mount();
  stage.arrange({ layout: "beside", shown: [0, 1, 2], alts: ["", "", ""] });
  stage.zoomBy(8, { x: 10, y: 10 });
  stage.pan(-20, -5);

  expect(new Set(moved()).size).toBe(1);
  expect(moved()[0]).toContain("scale(");
  expect(stage.fitted).toBe(false);
  expect(stage.el.hasAttribute("data-moving")).toBe(true);
  vi.advanceTimersByTime(1000);
  expect(stage.el.hasAttribute("data-moving")).toBe(false);
  stage.fit();
  expect(stage.fitted).toBe(true);
});

test("a drag moves zoomed pictures, and a click that moves nothing is a tap", () => {
  const tap = vi.fn(() => true);
  const { stage, moved, point } = mount({ tap });
  stage.arrange({ layout: "upon", shown: [0], alts: [""] });
  stage.toPixels();
  const before = moved()[0];
  point("pointerdown", 100, 100);
  point("pointermove", 80, 90);
  point("pointerup", 80, 90);
  expect(moved()[0]).not.toBe(before);
  expect(tap).not.toHaveBeenCalled();
  point("pointerdown", 100, 100);
  point("pointerup", 100, 100);
  expect(tap).toHaveBeenCalledOnce();
});

test("a drag that is taken moves nothing, and ends once", () => {
  const told: (number | null)[] = [];
  const grab = () => (to: { x: number } | null) => void told.push(to?.x ?? null);
  const { stage, moved, point } = mount({ grab });
  stage.arrange({ layout: "upon", shown: [0], alts: [""] });
  stage.toPixels();
  const before = moved()[0];
  point("pointerdown", 100, 100);
  point("pointermove", 80, 90);
  point("pointerup", 80, 90);
  point("pointermove", 60, 90);

  expect(told).toEqual([80, null]);
  expect(moved()[0]).toBe(before);
});

test("two fingers zoom about their middle", () => {
  const { stage, point } = mount();
  stage.arrange({ layout: "upon", shown: [0], alts: [""] });
  const before = stage.scale;
  point("pointerdown", 100, 100);
  point("pointerdown", 200, 100, 2);
  point("pointermove", 300, 100, 2);

  expect(stage.scale).toBeGreaterThan(1.5 * before);
});

test("what cannot be had yet is said, and why", () => {
  const { stage, arrive } = mount();
  stage.arrange({ layout: "beside", shown: [0, 1], alts: ["", ""] });
  expect(stage.notice.textContent).toBe(LARGE_ENGLISH.copyLoading);
  vi.advanceTimersByTime(2000);
  expect(stage.notice.textContent).toBe(LARGE_ENGLISH.copyWaitsBlank);
  arrive(0);
  arrive(1, "display", "The picture's file is damaged.");
  expect(stage.notice.textContent).toBe("The picture's file is damaged.");
});

test("pictures upon each other are cut by two shifts, which leave them where they are", () => {
  const { stage } = mount();
  stage.arrange({ layout: "upon", shown: [1, 0], alts: ["", ""] });
  stage.cut(0, 1, 200);
  const [right, left] = [...stage.el.querySelectorAll<HTMLElement>(".lumen-pane")];
  const shifts = [left, right].map((pane) => [
    pane?.style.transform,
    pane?.querySelector<HTMLElement>(".lumen-pane-inner")?.style.transform,
  ]);
  expect(shifts).toEqual([
    ["translateX(-300px)", "translateX(300px)"],
    ["translateX(200px)", "translateX(-200px)"],
  ]);
  stage.arrange({ layout: "beside", shown: [0, 1], alts: ["", ""] });
  expect(left?.style.transform).toBe("");
});
