import { beforeEach, expect, test, vi } from "vitest";
import { keepLayout, keptLayout } from "../../studio/kept_layout";
import { mount } from "./mount";

const FIRST = { part: "results", isFormInFront: true, share: null };

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});

test("each Studio has the layout that it had, and a new one the width of the last", () => {
  expect(keptLayout("a")).toEqual(FIRST);
  keepLayout("a", { part: "tasks", isFormInFront: false, share: 0.4 });

  expect(keptLayout("a")).toEqual({ part: "tasks", isFormInFront: false, share: 0.4 });
  expect(keptLayout("b")).toEqual({ ...FIRST, share: 0.4 });
});

test("a border that was put back stays so", () => {
  keepLayout("a", { ...FIRST, share: 0.4 });
  keepLayout("b", FIRST);

  expect(keptLayout("b").share).toBeNull();
  expect(keptLayout("c").share).toBeNull();
});

test("what is damaged, or cannot be kept, is as if there were none", () => {
  for (const damaged of ["{", "[]", "3", '{"part": 4, "share": 9, "isFormInFront": "no"}']) {
    sessionStorage.setItem("lumen-studio:a", damaged);
    expect(keptLayout("a")).toEqual(FIRST);
  }
  vi.stubGlobal("sessionStorage", undefined);
  vi.stubGlobal("localStorage", undefined);
  keepLayout("b", { ...FIRST, part: "tasks" });
  expect(keptLayout("b")).toEqual(FIRST);
  vi.unstubAllGlobals();
});

test("a part that there is not any more is not in view after a reload", async () => {
  keepLayout("studio", { part: "painter", isFormInFront: false, share: null });
  const { inView } = await mount({}, ["tasks", "results"]);
  keepLayout("studio", { part: "something else", isFormInFront: false, share: null });
  const other = await mount({}, ["tasks", "results"]);

  expect(inView()).toEqual(["results"]);
  expect(other.inView()).toEqual(["results"]);
});

test("the border is moved by keys, no farther than both sides have room, and put back", async () => {
  const { el, press } = await mount({}, ["tasks"], 1000);
  const border = el.querySelector<HTMLElement>("[role=separator]");
  const body = el.querySelector<HTMLElement>(".lumen-studio-body");
  // no layout here: the form is as wide as its share says
  Object.defineProperty(el.querySelector(".lumen-studio-form"), "offsetWidth", {
    get: () => Number(body?.style.getPropertyValue("--lumen-studio-share") || 0.36) * 1000,
  });
  const share = () => body?.style.getPropertyValue("--lumen-studio-share");
  press(border, "ArrowRight");
  expect(Number(share())).toBeCloseTo(0.38);
  press(border, "End");
  press(border, "ArrowRight");
  expect(Number(share())).toBeCloseTo(0.64);
  press(border, "Home");
  press(border, "ArrowLeft");
  expect(Number(share())).toBeCloseTo(0.3);
  press(border, "ArrowRight", { ctrlKey: true });
  expect(Number(share())).toBeCloseTo(0.3);
  expect(keptLayout("studio").share).toBeCloseTo(0.3);
  press(border, "Enter");

  expect(share()).toBe("");
  expect(body?.hasAttribute("data-moved")).toBe(false);
});
