import type { Experimental, Host } from "@anywidget/types";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { percentWords } from "../../compare/differences";
import widget from "../../compare/index";
import type { CompareModel, DifferMessage } from "../../compare/messages";
import { wordsFor } from "../../compare/words";
import { FakeModel } from "../shared/fake_model";
import { compared, comparison } from "./compared";

beforeEach(() => {
  vi.useFakeTimers();
  // happy-dom lays nothing out
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { value: 400, configurable: true });
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

async function mount(count = 2, traits: Partial<CompareModel> = {}) {
  const fake = new FakeModel(comparison(count, traits));
  const model = fake.model as never;
  const [life, viewing] = [new AbortController(), new AbortController()];
  const el = document.createElement("div");
  document.body.append(el);
  const experimental = {} as Experimental;
  const definition = typeof widget === "function" ? await widget() : widget;
  await definition.initialize?.({ model, signal: life.signal, experimental });
  await definition.render?.({ model, el, signal: viewing.signal, host: {} as Host, experimental });
  const find = <T extends HTMLElement>(selector: string) => el.querySelector<T>(selector) as T;
  const stage = find(".lumen-stage");
  const press = (key: string, held: KeyboardEventInit = {}, target: Element = stage) =>
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...held }));
  const seen = () =>
    [...el.querySelectorAll(".lumen-pane")]
      .filter((pane) => pane.getAttribute("aria-hidden") !== "true")
      .map((pane) => pane.querySelector("img")?.alt);
  const asked = () => (fake.sent as DifferMessage[]).filter((one) => one.kind === "differ");
  const answer = async (changes: object) => {
    const difference = { kind: "difference", share: 0, largest: 0, exact: true, box: null };
    fake.deliver({ ...difference, ...changes, request: asked().at(-1)?.request });
    await vi.advanceTimersByTimeAsync(0);
  };
  return { fake, el, life, viewing, find, stage, press, seen, asked, answer };
}

test("both pictures of a slider are named, each on its side of the line", async () => {
  const { el, find } = await mount();
  const names = [...el.querySelectorAll(".lumen-pane-name")].map((name) => name.textContent);

  expect(names.sort()).toEqual(["1 picture 0", "2 picture 1"]);
  expect(find(".lumen-pane-name[data-end]").textContent).toBe("2 picture 1");
  const line = find<HTMLInputElement>(".lumen-split-range");
  expect(line.getAttribute("aria-valuetext")).toBe("picture 0: 50 %. picture 1: 50 %");
});

test("a picture is named for what it is to another one, in the page's language", async () => {
  const pictures = [compared(0, { relation: "before", name: "" }), compared(1, { name: "2" })];
  const { el } = await mount(2, { _compared: pictures, language: "zh" });
  const names = [...el.querySelectorAll(".lumen-pane-name")].map((name) => name.textContent);

  expect(names.sort()).toEqual(["1 之前", "2"]);
});

test("no other way to look at them shows pictures cut at the line", async () => {
  const { el, press } = await mount();
  const cut = () =>
    [...el.querySelectorAll<HTMLElement>(".lumen-pane")].map((pane) => pane.style.transform);
  expect(cut()).not.toEqual(["", ""]);
  for (const key of ["b", "s", "d", "s", "f", "s", "2"]) {
    press(key);
    if (key !== "s") expect(cut(), key).toEqual(["", ""]);
  }
});

test("arrow keys move the line, and stop at its ends", async () => {
  const { press, find } = await mount();
  const line = find<HTMLInputElement>(".lumen-split-range");
  press("ArrowLeft");
  expect(Number(line.value)).toBe(48);
  for (let n = 0; n < 60; n += 1) press("ArrowRight");
  expect(Number(line.value)).toBe(100);
  line.value = "30";
  line.dispatchEvent(new Event("input", { bubbles: true }));
  expect(line.getAttribute("aria-valuetext")).toBe("picture 0: 30 %. picture 1: 70 %");
});

test("a press beside the line brings it there, and a drag moves it", async () => {
  const { stage, find } = await mount();
  const point = (type: string, clientX: number) =>
    stage.dispatchEvent(
      new PointerEvent(type, { clientX, clientY: 9, pointerId: 1, button: 0, bubbles: true }),
    );
  point("pointerdown", 100);
  expect(Number(find<HTMLInputElement>(".lumen-split-range").value)).toBeCloseTo(25);
  point("pointermove", 300);
  point("pointerup", 300);
  expect(Number(find<HTMLInputElement>(".lumen-split-range").value)).toBeCloseTo(75);
});

test("a letter chooses how pictures are shown, here and in the kernel", async () => {
  const { press, fake, el, seen } = await mount(3);
  for (const [key, mode, count] of [
    ["b", "side", 3],
    ["d", "difference", 2],
    ["f", "flick", 1],
    ["s", "slider", 2],
  ] as const) {
    press(key);
    expect(fake.get("mode")).toBe(mode);
    expect(el.querySelector<HTMLInputElement>(`[value="${mode}"]`)?.checked).toBe(true);
    expect(seen()).toHaveLength(count);
  }
  expect(fake.saves).toBe(4);
  fake.set("mode", "side");
  expect(seen()).toHaveLength(3);
});

test("in a flick arrows, Space and numbers change the picture; a number shows one alone", async () => {
  const { press, seen, fake } = await mount(3);
  press("3");
  expect(fake.get("mode")).toBe("flick");
  expect(seen()).toEqual(["picture 2"]);
  press("ArrowRight");
  expect(seen()).toEqual(["picture 0"]);
  press("ArrowLeft");
  press("ArrowLeft");
  expect(seen()).toEqual(["picture 1"]);
  press(" ");
  expect(seen()).toEqual(["picture 2"]);
  press("4");
  expect(seen()).toEqual(["picture 2"]);
});

test("left and right change places, and never are the same picture", async () => {
  const { press, fake, find } = await mount(3);
  press("x");
  expect([fake.get("left"), fake.get("right")]).toEqual([1, 0]);
  const [left] = [find<HTMLSelectElement>("select")];
  left.value = "0";
  left.dispatchEvent(new Event("change", { bubbles: true }));
  expect([fake.get("left"), fake.get("right")]).toEqual([0, 1]);
  left.value = "2";
  left.dispatchEvent(new Event("change", { bubbles: true }));
  expect([fake.get("left"), fake.get("right")]).toEqual([2, 1]);
});

test("keys with Ctrl and keys of a list are left alone", async () => {
  const { press, fake, find } = await mount(3);
  press("f", { ctrlKey: true });
  press("f", {}, find("select"));

  expect(fake.get("mode")).toBe("slider");
});

test("plus, minus, 0 and p zoom", async () => {
  const { press, find } = await mount();
  const percent = () => find(".lumen-compare-percent").textContent;
  expect(percent()).toBe("50 %");
  press("+");
  expect(percent()).toBe("63 %");
  press("p");
  expect(percent()).toBe("100 %");
  press("0");
  expect(percent()).toBe("50 %");
});

test("by how much they differ is asked for ahead, once, and said", async () => {
  const { press, asked, answer, find } = await mount();
  expect(asked()).toHaveLength(1);
  press("d");
  expect(find(".lumen-differ-words").textContent).toBe("Comparing the pixels…");
  await answer({ share: 0.254, largest: 90, box: { left: 1, top: 1, width: 9, height: 9 } });
  expect(find(".lumen-differ-words").textContent).toContain("25 % of the pixels");
  expect(find<HTMLButtonElement>(".lumen-differ button").hidden).toBe(false);
  press("x");
  expect(asked()).toHaveLength(1);
});

test("of alike pictures it is said how alike they are", async () => {
  const { press, answer, find } = await mount();
  press("d");
  await answer({});
  expect(find(".lumen-differ-words").textContent).toBe("The same, pixel for pixel.");
  const other = await mount();
  other.press("d");
  await other.answer({ largest: 7 });
  expect(other.find(".lumen-differ-words").textContent).toContain("largest difference is 7");
  const inside = compared(1, { place: { left: 0, top: 0, width: 400, height: 600 } });
  const partial = await mount(2, { _compared: [compared(0), inside] });
  partial.press("d");
  await partial.answer({ exact: false, share: 0.5 });
  expect(partial.find(".lumen-differ-words").textContent).toBe(
    "Brought to one size, 50 % of the pixels differ by more than 8 of 255, where both pictures are.",
  );
});

test("while the kernel is busy, and once it is gone, that is said", async () => {
  const { press, find, fake } = await mount();
  press("d");
  vi.advanceTimersByTime(2000);
  expect(find(".lumen-differ-words").textContent).toContain("The notebook is busy");
  fake.tell("comm_live_update");
  await vi.advanceTimersByTimeAsync(0);
  expect(find(".lumen-differ-words").textContent).toContain("The kernel is gone");
  expect(find(".lumen-compare-lost").textContent).toContain("can still be compared");
  press("f");
  expect(fake.get("mode")).toBe("flick");
});

test("a difference is shown as bright as is asked for", async () => {
  const { press, find, stage } = await mount();
  press("d");
  const gain = find<HTMLInputElement>(".lumen-differ input");
  gain.value = "4";
  gain.dispatchEvent(new Event("input", { bubbles: true }));

  expect(stage.style.getPropertyValue("--lumen-gain")).toBe("16");
  expect(gain.getAttribute("aria-valuetext")).toBe("× 16");
});

test("a share is said as precisely as is of use", () => {
  const words = wordsFor("en");
  expect([0.0004, 0.004, 0.0996, 0.5].map((share) => percentWords(share, words))).toEqual([
    "Less than 0.1 %",
    "0.4 %",
    "10 %",
    "50 %",
  ]);
});
