import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PictureFile } from "../../mask_painter/picture_file";
import { showPicture } from "../../mask_painter/picture_host";
import { Connection } from "../../shared/connection";
import { FakeModel } from "../shared/fake_model";
import { PAINTING, PainterModel } from "./fake_kernel";

const SIZE = { width: 100, height: 80 };

/** Every bitmap that was decoded, and the canvas, with its size, of each time that one was drawn. */
let bitmaps: { close: () => void }[];
let drawn: [HTMLCanvasElement, number, number][];
/** Called while a picture is decoded. */
let decoding: () => void;

beforeEach(() => {
  bitmaps = [];
  drawn = [];
  decoding = () => {};
  vi.stubGlobal("createImageBitmap", async () => {
    decoding();
    bitmaps.push({ ...SIZE, close: vi.fn<() => void>() });
    return bitmaps.at(-1);
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  // what was drawn may be drawn once more; none of it stays decoded
  for (const { close } of bitmaps) expect(close).toHaveBeenCalledOnce();
});

function canvasOf({ width, height } = SIZE): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  return canvas;
}

/** An ipycanvas's lower layer. */
class Layer extends FakeModel<Record<string, unknown>> {
  readonly canvas = canvasOf();
  readonly trigger = vi.fn<(event: string) => void>();
}

/** Shows the picture of a painter whose ipycanvas the front end's manager finds, or does not. */
function show(reference: string | null, { found = true } = {}) {
  const fake = new PainterModel(100, 80);
  fake.set("_canvas", reference as never);
  const lower = new Layer({});
  const shown = canvasOf();
  const remove = vi.fn<() => void>();
  fake.widget_manager = {
    get_model: async () => ({ get: () => (found ? [lower] : undefined) }),
    create_view: async () => ({ el: shown, remove }),
  };
  const ending = new AbortController();
  const failed = vi.fn<(error: unknown) => void>();
  const place = document.createElement("div");
  const connection = new Connection(fake.model, ending.signal);
  const file = new PictureFile(
    fake.model,
    connection,
    { id: "a", painting: PAINTING },
    ending.signal,
  );
  const showing = showPicture(place, fake.model, file, failed, ending.signal);
  return { fake, ending, place, lower, shown, remove, failed, showing };
}

vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (
  this: HTMLCanvasElement,
) {
  const drawImage = () => drawn.push([this, this.width, this.height]);
  return { clearRect: () => {}, drawImage } as never;
});

test("the picture is drawn on the lower layer, which the others are then put over", async () => {
  const { lower, place, shown, showing } = show("IPY_MODEL_1");
  await showing;

  expect(place.contains(shown)).toBe(true);
  expect(drawn).toEqual([[lower.canvas, 100, 80]]);
  expect(lower.trigger).toHaveBeenCalledWith("new-frame");
});

test("it is drawn again when ipycanvas has emptied the layer to resize it", async () => {
  const { lower, showing } = show("IPY_MODEL_1");
  await showing;
  lower.canvas.width = 50;
  lower.tell("change");
  await vi.waitFor(() => expect(drawn).toHaveLength(2));

  expect(drawn[1]).toEqual([lower.canvas, 50, 80]);
});

test("nothing is decoded for a layer that gave its pixels back", async () => {
  const { lower, showing } = show("IPY_MODEL_1");
  await showing;
  lower.canvas.width = 0;
  lower.tell("change");

  expect(bitmaps).toHaveLength(1);
});

test("the canvas of a view that is gone has no pixels, and no view any more", async () => {
  const { fake, ending, lower, shown, remove, showing } = show("IPY_MODEL_1");
  await showing;
  ending.abort();

  expect([shown.width, shown.height]).toEqual([0, 0]);
  expect(remove).toHaveBeenCalledOnce();
  expect(fake.listenerCount("change:_canvas")).toBe(0);
  expect(lower.listenerCount("change")).toBe(0);
});

test("a view that is gone before the picture is decoded draws nothing", async () => {
  const { ending, lower, showing } = show("IPY_MODEL_1");
  decoding = () => ending.abort();
  await showing;

  expect(drawn).toEqual([]);
  expect(lower.trigger).not.toHaveBeenCalled();
});

test("without an ipycanvas the picture is on a canvas of the painter's own, at its size", async () => {
  for (const missing of [show(null), show("IPY_MODEL_1", { found: false })]) {
    const { ending, place, showing } = missing;
    await showing;
    const own = place.querySelector("canvas") as HTMLCanvasElement;

    expect(drawn.at(-1)).toEqual([own, 100, 80]);
    ending.abort();
    expect([own.width, own.height]).toEqual([0, 0]);
  }
});

test("a painter whose ipycanvas was closed goes on with a canvas of its own", async () => {
  const { fake, place, shown, showing } = show("IPY_MODEL_1");
  await showing;
  fake.set("_canvas", null);
  await vi.waitFor(() => expect(drawn).toHaveLength(2));

  expect(place.contains(shown)).toBe(false);
  expect(drawn[1]?.[0].parentNode).toBe(place);
});

test("a picture that cannot be decoded is told", async () => {
  const error = new Error("no picture");
  vi.stubGlobal("createImageBitmap", async () => {
    throw error;
  });
  for (const canvas of [null, "IPY_MODEL_1"]) {
    const { failed, showing } = show(canvas);
    await showing;
    expect(failed).toHaveBeenCalledExactlyOnceWith(error);
  }
});
