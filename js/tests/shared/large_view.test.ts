import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LargePicture, LargeView } from "../../shared/large_view";
import { LARGE_ENGLISH } from "../../shared/large_words";
import { PictureCopies, type WantsMessage } from "../../shared/picture_copies";
import { connect, FakeModel } from "./fake_model";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

const picture = (sha256: string): LargePicture => ({
  sha256,
  width: 2048,
  height: 2048,
  alt: `Picture ${sha256}`,
});
// each test has pictures of its own: a page keeps what has arrived
let numbers = 0;
const row = (count: number) => {
  numbers += 1;
  return Array.from({ length: count }, (_, n) => picture(`${numbers}-${n}`));
};

function mount(pictures: LargePicture[]) {
  const fake = new FakeModel<Record<string, unknown>>({});
  const { signal } = new AbortController();
  const connection = connect(fake.model);
  const copies = new PictureCopies(fake.model, connection, signal);
  const moves: number[] = [];
  const close = vi.fn();
  const hooks = { move: (by: number) => void moves.push(by), close };
  const view = new LargeView(copies, connection, LARGE_ENGLISH, hooks, signal);
  document.body.append(view.el);
  const show = (at: number) =>
    view.show({
      picture: pictures[at] as LargePicture,
      before: pictures.slice(0, at).reverse(),
      after: pictures.slice(at + 1),
      position: { place: at + 1, count: pictures.length },
    });
  const wants = () => (fake.sent as WantsMessage[]).at(-1)?.copies ?? [];
  const arrive = (sha256: string, copy = "display") =>
    fake.deliver({ kind: "copy", sha256, copy, media_type: "image/png", error: "" }, [
      new DataView(new ArrayBuffer(8)),
    ]);
  const press = (key: string, shiftKey = false) =>
    view.stage.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
  const text = (selector: string) => view.el.querySelector(selector)?.textContent;
  const image = () => view.stage.querySelector("img");
  return { fake, view, show, wants, arrive, press, moves, close, text, image };
}

test("four neighbours on each side are fetched ahead, the nearest first", () => {
  const pictures = row(20);
  const { show, wants } = mount(pictures);
  show(10);

  const named = wants().map(({ sha256 }) => pictures.findIndex((one) => one.sha256 === sha256));
  expect(named).toEqual([10, 11, 9, 12, 8, 13, 7, 14, 6]);
  expect(new Set(wants().map(({ copy }) => copy))).toEqual(new Set(["display"]));
});

test("the next picture is there at once where its copy has arrived, without any answer", () => {
  const pictures = row(3);
  const { show, arrive, image, text } = mount(pictures);
  show(0);
  for (const { sha256 } of pictures) arrive(sha256);
  const first = image()?.src;
  show(1);

  expect(image()?.alt).toBe(pictures[1]?.alt);
  expect(image()?.src).not.toBe(first);
  expect(text(".lumen-large-notice")).toBe("");
  expect(text(".lumen-large-position")).toBe("2 of 3");
});

test("beyond what was fetched its small copy is shown, with what it waits for in words", () => {
  const pictures = row(3);
  const { show, arrive, image, text } = mount(pictures);
  show(2);
  expect(text(".lumen-large-notice")).toBe(LARGE_ENGLISH.copyLoading);
  vi.advanceTimersByTime(2000);
  expect(text(".lumen-large-notice")).toBe(LARGE_ENGLISH.copyWaitsBlank);

  arrive(pictures[2]?.sha256 ?? "", "tile");
  show(2);
  expect(image()?.alt).toBe(pictures[2]?.alt);
  expect(text(".lumen-large-notice")).toBe(LARGE_ENGLISH.copyWaits);
});

test("a picture whose file is gone says so", () => {
  const pictures = row(1);
  const { fake, show, text } = mount(pictures);
  show(0);
  const sha256 = pictures[0]?.sha256;
  const error = "This picture's file is not here any more.";
  fake.deliver({ kind: "copy", sha256, copy: "display", media_type: "", error }, []);

  expect(text(".lumen-large-notice")).toBe(error);
});

test("keys move among pictures, zoom and close", () => {
  const pictures = row(9);
  const { view, show, arrive, press, moves, close, text, wants } = mount(pictures);
  Object.defineProperties(view.stage, {
    clientWidth: { value: 512 },
    clientHeight: { value: 512 },
  });
  show(4);
  arrive(pictures[4]?.sha256 ?? "");
  expect(text(".lumen-large-percent")).toBe("25 %");

  press("1");
  expect(text(".lumen-large-percent")).toBe("100 %");
  expect(wants()).toContainEqual({ sha256: pictures[4]?.sha256, copy: "original" });
  press("+");
  expect(text(".lumen-large-percent")).toBe("125 %");
  press("0");
  expect(text(".lumen-large-percent")).toBe("25 %");
  for (const key of ["ArrowRight", "ArrowLeft", "End", "Home"]) press(key);
  press("ArrowRight", true);
  expect(moves).toEqual([1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  press("Escape");
  expect(close).toHaveBeenCalledOnce();
});

test("a view that shows nothing any more wants nothing", () => {
  const { view, show, wants } = mount(row(3));
  show(1);
  view.hide();

  expect(wants()).toEqual([]);
});
