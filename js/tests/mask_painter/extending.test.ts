import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Extending } from "../../mask_painter/extending";
import { MaskRaster } from "../../mask_painter/raster";
import { SidesCopy } from "../../mask_painter/sides_copy";
import { Stage } from "../../mask_painter/stage";
import { wordsFor } from "../../mask_painter/words";
import { NO_SIDES, type Side, type Sides } from "../../shared/side_numbers";
import { connect } from "../shared/fake_model";
import { decidedSides, PainterModel } from "./fake_kernel";

const PICTURE = { width: 400, height: 300 };
const STAGE = { width: 800, height: 600 };

beforeEach(() => {
  // what is drawn is not looked at here
  vi.stubGlobal(
    "ImageData",
    class {
      readonly data: Uint8ClampedArray;
      constructor(width: number, height: number) {
        this.data = new Uint8ClampedArray(4 * width * height);
      }
    },
  );
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({
    putImageData: () => {},
  } as never);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

/** A view of a painter, as far as its picture is extended. */
function open(first: Partial<Sides> = {}, picture = PICTURE) {
  const fake = new PainterModel(picture.width, picture.height);
  fake.set("_sides", decidedSides({ ...NO_SIDES, ...first }));
  const ending = new AbortController();
  const { signal } = ending;
  const copy = new SidesCopy(fake.model, connect(fake), new AbortController().signal);
  const said: string[] = [];
  let extending: Extending | null = null;
  const stage = new Stage(
    new MaskRaster(picture.width, picture.height),
    "Picture",
    () => extending?.place(),
    signal,
  );
  stage.camera.resize(STAGE);
  // nothing is laid out here
  Object.defineProperties(stage.el, {
    offsetWidth: { value: STAGE.width },
    offsetHeight: { value: STAGE.height },
    getBoundingClientRect: { value: () => new DOMRect(0, 0, STAGE.width, STAGE.height) },
  });
  extending = new Extending(
    stage,
    copy,
    wordsFor("en"),
    () => said.push(extending?.sentence ?? ""),
    signal,
  );
  document.body.append(stage.el, extending.layer, extending.button, extending.numbers);
  const handle = (side: Side) =>
    document.querySelector(`.lumen-painter-handle[data-side=${side}]`) as HTMLElement;
  const key = (side: Side, name: string, more: KeyboardEventInit = {}) => {
    handle(side).focus();
    const event = new KeyboardEvent("keydown", { key: name, cancelable: true, ...more });
    handle(side).dispatchEvent(event);
    return event;
  };
  const up = (side: Side) => handle(side).dispatchEvent(new KeyboardEvent("keyup"));
  const pointer = (side: Side, type: string, x = 0, y = 0, more: PointerEventInit = {}) =>
    handle(side).dispatchEvent(
      new PointerEvent(type, { pointerId: 1, button: 0, clientX: x, clientY: y, ...more }),
    );
  const sent = () => fake.of("sides").map(({ sides }) => sides);
  return { fake, ending, copy, stage, extending, handle, key, up, pointer, sent, said };
}

describe("the button", () => {
  test("shows handles and numbers, with room around the picture, and hides them again", () => {
    const { stage, extending } = open();
    const fitted = stage.camera.scale;
    expect(extending.numbers.hidden).toBe(true);
    extending.button.click();
    expect(extending.button.getAttribute("aria-pressed")).toBe("true");
    expect(extending.numbers.hidden).toBe(false);
    expect(stage.camera.edges.top).toBeGreaterThan(60);
    extending.button.click();

    expect(extending.numbers.hidden).toBe(true);
    expect(stage.camera.scale).toBe(fitted);
  });

  test("is pressed from the start where something is added already", () => {
    const { extending, stage } = open({ left: 100 });

    expect(extending.button.getAttribute("aria-pressed")).toBe("true");
    expect(extending.size).toBe("500 × 300 px");
    expect(stage.camera.edges.left).toBeGreaterThan(0);
  });

  test("hides no new ground: it counts whether handles are shown or not", () => {
    const { extending, stage, copy } = open({ left: 100 });
    extending.button.click();

    expect(copy.sides.left).toBe(100);
    expect((stage.el.querySelector(".lumen-painter-ground") as HTMLElement).hidden).toBe(false);
  });
});

describe("by pointer", () => {
  test.each([
    ["left", -50, 7],
    ["top", 7, -50],
    ["right", 50, 7],
    ["bottom", 7, 50],
  ] as const)(
    "dragging the %s side outwards adds as many pixels as the hand moved over",
    (side, x, y) => {
      const { extending, stage, pointer, sent } = open();
      extending.show(true);
      const { scale } = stage.camera;
      pointer(side, "pointerdown", 100, 100);
      pointer(side, "pointermove", 100 + x / 2, 100 + y / 2);
      pointer(side, "pointermove", 100 + x, 100 + y);
      expect(sent()).toEqual([]);
      pointer(side, "pointerup", 100 + x, 100 + y);

      expect(sent()).toEqual([{ ...NO_SIDES, [side]: Math.round(50 / scale) }]);
    },
  );

  test("the view stays under the hand, and makes room where the edge would leave it", () => {
    const { extending, stage, pointer } = open();
    extending.show(true);
    const { scale } = stage.camera;
    pointer("left", "pointerdown", 100, 100);
    pointer("left", "pointermove", 90, 100);
    expect(stage.camera.scale).toBe(scale);
    pointer("left", "pointermove", -300, 100);
    expect(stage.camera.scale).toBeLessThan(scale);
    expect(stage.camera.edges.left).toBeGreaterThan(30);
    const far = stage.camera.ground.left;
    pointer("left", "pointermove", -301, 100);
    pointer("left", "pointerup", -301, 100);

    // a pixel of the hand is as many as it was when the drag began
    expect(stage.camera.ground.left - far).toBeLessThanOrEqual(Math.ceil(1 / scale));
    expect(stage.camera.fitted).toBe(true);
  });

  test("inwards of the picture there is nothing, and beyond 4096 pixels neither", () => {
    const { extending, pointer, copy } = open({ right: 96 });
    extending.show(true);
    pointer("left", "pointerdown", 100, 100);
    pointer("left", "pointermove", 900, 100);
    expect(copy.sides.left).toBe(0);
    pointer("left", "pointermove", -1e6, 100);

    expect(copy.sides.left).toBe(3600);
  });

  test("Escape, or a pointer that is lost, takes the drag back", () => {
    const { extending, pointer, key, copy, sent } = open({ left: 10 });
    extending.show(true);
    for (const end of ["Escape", "pointercancel", "lostpointercapture"]) {
      pointer("left", "pointerdown", 100, 100);
      pointer("left", "pointermove", 20, 100);
      expect(copy.sides.left).toBeGreaterThan(10);
      if (end === "Escape") key("left", end);
      else pointer("left", end, 20, 100);
      expect(copy.sides.left).toBe(10);
      // what the hand still does then means nothing
      pointer("left", "pointermove", 0, 100);
      pointer("left", "pointerup", 0, 100);
      expect(copy.sides.left).toBe(10);
    }

    expect(sent()).toEqual([]);
  });

  test("a view that is removed during a drag takes it back", () => {
    const { extending, pointer, ending, copy } = open();
    extending.show(true);
    pointer("top", "pointerdown", 100, 100);
    pointer("top", "pointermove", 100, 20);
    ending.abort();

    expect(copy.sides).toEqual(NO_SIDES);
  });

  test("a second finger or another button changes nothing", () => {
    const { extending, pointer, copy } = open();
    extending.show(true);
    pointer("top", "pointerdown", 100, 100, { button: 2 });
    pointer("top", "pointermove", 100, 20);
    expect(copy.sides).toEqual(NO_SIDES);
    pointer("top", "pointerdown", 100, 100);
    pointer("left", "pointerdown", 100, 100, { pointerId: 2 });
    pointer("left", "pointermove", 10, 100, { pointerId: 2 });

    expect(copy.sides).toEqual(NO_SIDES);
  });
});

describe("by keys", () => {
  test("an arrow outwards adds 16 pixels, with Shift one; inwards takes them away", () => {
    const { extending, key, copy } = open();
    extending.show(true);
    for (const [side, outwards, inwards] of [
      ["left", "ArrowLeft", "ArrowRight"],
      ["top", "ArrowUp", "ArrowDown"],
      ["right", "ArrowRight", "ArrowLeft"],
      ["bottom", "ArrowDown", "ArrowUp"],
    ] as const) {
      key(side, outwards);
      key(side, outwards, { shiftKey: true });
      expect(copy.sides[side]).toBe(17);
      key(side, inwards);
      key(side, inwards);
      expect(copy.sides[side]).toBe(0);
    }
    key("left", "ArrowUp");
    key("top", "ArrowRight");

    expect(copy.sides).toEqual({ ...NO_SIDES, left: 16, top: 16 });
  });

  test("Page Up, End and Home go far, to the limit and to nothing", () => {
    const { extending, key, copy } = open({ right: 96 });
    extending.show(true);
    expect(key("left", "PageUp").defaultPrevented).toBe(true);
    expect(copy.sides.left).toBe(128);
    key("left", "End");
    expect(copy.sides.left).toBe(3600);
    key("left", "PageDown");
    expect(copy.sides.left).toBe(3472);
    key("left", "Home");

    expect(copy.sides.left).toBe(0);
  });

  test("a key that is held is one message, when it is up or the handle is left", () => {
    const { extending, key, up, handle, sent } = open();
    extending.show(true);
    for (let times = 0; times < 5; times++) key("bottom", "ArrowDown", { repeat: times > 0 });
    expect(sent()).toEqual([]);
    up("bottom");
    key("bottom", "ArrowDown");
    handle("bottom").blur();

    expect(sent().map(({ bottom }) => bottom)).toEqual([80, 96]);
  });

  test("Tab and what belongs to the page are left alone", () => {
    const { extending, key, copy } = open();
    extending.show(true);
    for (const [name, more] of [
      ["Tab", {}],
      ["ArrowLeft", { ctrlKey: true }],
      ["a", {}],
    ] as const) {
      expect(key("left", name, more).defaultPrevented).toBe(false);
    }

    expect(copy.sides).toEqual(NO_SIDES);
  });

  test("a handle stays in view while keys move it, zoomed in or not", () => {
    const { extending, stage, key, handle } = open();
    extending.show(true);
    stage.camera.zoom(2.5);
    stage.camera.pan(1e6, 1e6);
    handle("left").focus();
    for (let times = 0; times < 40; times++) {
      key("left", "ArrowLeft");
      expect(stage.camera.edges.left).toBeGreaterThanOrEqual(30);
    }
  });

  test("a handle that is out of view brings the whole picture back when it gets the focus", () => {
    const { extending, stage, handle } = open();
    extending.show(true);
    stage.camera.zoom(8);
    handle("right").focus();

    expect(stage.camera.fitted).toBe(true);
  });
});

describe("what is said", () => {
  test("a handle says its side, its pixels and the size that comes of them", () => {
    const { extending, key, handle } = open();
    extending.show(true);
    key("left", "ArrowLeft");
    const left = handle("left");

    expect(left.getAttribute("role")).toBe("slider");
    expect(left.getAttribute("aria-label")).toBe("Extend to the left");
    expect(left.getAttribute("aria-valuenow")).toBe("16");
    expect(left.getAttribute("aria-valuemax")).toBe("3696");
    expect(handle("right").getAttribute("aria-valuemax")).toBe("3680");
    expect(left.getAttribute("aria-valuetext")).toBe("16 px; the picture has 416 × 300 px");
  });

  test("the size is in words, and gone where nothing is added", () => {
    const { extending, key, said } = open();
    extending.show(true);
    key("top", "ArrowUp");
    key("top", "Home");

    expect(said).toEqual(["Extended to 400 × 316 px", "Not extended"]);
  });
});

describe("by numbers", () => {
  function type(extending: Extending, at: number, value: string) {
    const input = extending.numbers.querySelectorAll("input")[at] as HTMLInputElement;
    input.value = value;
    input.dispatchEvent(new Event("input"));
    return input;
  }

  test("what is typed is seen at once, and counts once the field is left", () => {
    const { extending, copy, sent } = open();
    extending.show(true);
    const input = type(extending, 0, "64");
    expect(copy.sides.left).toBe(64);
    expect(sent()).toEqual([]);
    input.dispatchEvent(new Event("change"));

    expect(sent()).toEqual([{ ...NO_SIDES, left: 64 }]);
  });

  test("what cannot be takes the preview back", () => {
    const { extending, copy, sent } = open();
    extending.show(true);
    type(extending, 0, "64");
    const input = type(extending, 0, "64000");
    input.dispatchEvent(new Event("change"));

    expect(copy.sides).toEqual(NO_SIDES);
    expect(input.value).toBe("64000");
    expect(sent()).toEqual([]);
  });

  test("what is dragged is in the fields", () => {
    const { extending, key } = open();
    extending.show(true);
    key("right", "End");
    const values = [...extending.numbers.querySelectorAll("input")].map(({ value }) => value);

    expect(values).toEqual(["0", "0", "3696", "0"]);
  });

  test("a view that is removed while a number is typed keeps it", () => {
    const { extending, ending, sent } = open();
    extending.show(true);
    type(extending, 3, "9");
    ending.abort();

    expect(sent()).toEqual([{ ...NO_SIDES, bottom: 9 }]);
  });
});

test("a picture of the largest size has no room, and its handles say so", () => {
  const { extending, handle, key, copy } = open({}, { width: 4097, height: 1 });
  extending.show(true);
  key("top", "End");

  expect(handle("top").getAttribute("aria-valuemax")).toBe("0");
  expect(handle("top").getAttribute("aria-disabled")).toBe("true");
  expect(copy.sides).toEqual(NO_SIDES);
});
