import { afterEach, expect, test, vi } from "vitest";
import { fitToVisible } from "../../mask_painter/visible_height";

/** A painter of 100 px of tools and 40 px of footer in something that scrolls, which is so high. */
function painter(seen: number) {
  const sized = (el: HTMLElement, sizes: Record<string, number>) => {
    for (const [name, value] of Object.entries(sizes))
      Object.defineProperty(el, name, { configurable: true, value });
    return el;
  };
  const make = (tag: string, name = "", height = 0) =>
    sized(Object.assign(document.createElement(tag), { className: name }), {
      offsetHeight: height,
    });
  const scroller = make("div");
  scroller.style.overflowY = "auto";
  const root = sized(make("section"), { clientWidth: 600 });
  const stage = make("div");
  const frame = make("div");
  frame.append(stage);
  const keys = make("details", "lumen-painter-more", 500);
  keys.append(make("summary", "", 24));
  const note = make("p", "lumen-painter-note", 50);
  root.append(make("div", "lumen-painter-tools", 100), frame, note, make("footer", "", 40), keys);
  scroller.append(root);
  document.body.append(scroller);
  const show = (height: number, scrolls = true, width = 600) => {
    sized(scroller, { clientHeight: height, scrollHeight: scrolls ? 2000 : height });
    sized(root, { clientWidth: width });
    window.dispatchEvent(new Event("resize"));
    return stage.style.getPropertyValue("--lumen-visible");
  };
  const ending = new AbortController();
  sized(scroller, { clientHeight: seen, scrollHeight: 2000 });
  fitToVisible(root, stage, ending.signal);
  return { show, ending, root, sized };
}

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

test("the stage gets what is visible beside the tools; what is unfolded or said counts nothing", () => {
  vi.stubGlobal("innerHeight", 700);
  const { show } = painter(500);

  // 500 less 100, 40, a summary of 24, and what stays free
  expect(show(500)).toBe("320px");
  expect(show(400)).toBe("220px");
  // a window that is lower than what scrolls
  expect(show(900)).toBe("520px");
});

test("a scrollbar that goes since the stage is lower does not bring the higher stage back", () => {
  vi.stubGlobal("innerHeight", 700);
  const { show, root, sized } = painter(500);
  expect(show(500)).toBe("320px");
  // all fits now, and the tools have room for one row
  sized(root.firstElementChild as HTMLElement, { offsetHeight: 50 });

  expect(show(500, false, 615)).toBe("320px");
  // really wider
  expect(show(500, false, 900)).toBe("370px");
});

test("a painter that is in no page, or is gone, is left as it is", () => {
  const { show, ending } = painter(500);
  expect(show(500, true, 0)).toBe("");
  ending.abort();
  expect(show(500)).toBe("");
});
