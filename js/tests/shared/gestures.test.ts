import { afterEach, expect, test } from "vitest";
import { element } from "../../shared/dom";
import { oneActionPerGesture, STEPWISE } from "../../shared/gestures";

let ending = new AbortController();
afterEach(() => {
  ending.abort();
  document.body.replaceChildren();
});

/** A widget of these controls, each 20 pixels wide, and the ids of those that got a click. */
function mount(...controls: HTMLElement[]) {
  ending = new AbortController();
  const root = element("section", {}, ...controls);
  const outside = element("button");
  document.body.replaceChildren(root, outside);
  const clicked: string[] = [];
  controls.forEach((control, place) => {
    control.getBoundingClientRect = () => new DOMRect(20 * place, 0, 20, 20);
    control.addEventListener("click", () => clicked.push(control.id));
  });
  outside.getBoundingClientRect = () => new DOMRect(0, 0, 20, 20);
  oneActionPerGesture(root, ending.signal);
  return { root, outside, clicked };
}

function send(el: Element, event: Event, at?: number): boolean {
  if (at !== undefined) Object.defineProperty(event, "timeStamp", { value: at });
  return el.dispatchEvent(event);
}

const WAY = { bubbles: true, cancelable: true, composed: true };

/** Presses a pointer on an element, wherever it is now; returns whether its default was not prevented. */
function press(el: Element, at: number, clientX = 5): boolean {
  const init = { ...WAY, isPrimary: true, clientX, clientY: 5 };
  return send(el, new PointerEvent("pointerdown", init), at);
}

function click(el: Element, detail = 1): boolean {
  return send(el, new MouseEvent("click", { ...WAY, detail }));
}

const button = (id: string) => element("button", { id });

test("the second click of a double click is stopped, and the third too", () => {
  const a = button("a");
  const { clicked } = mount(a);
  for (const count of [1, 2, 3]) {
    press(a, 100 * count);
    click(a, count);
  }

  expect(clicked).toEqual(["a"]);
});

test("a click whose count starts at one again is passed on, however soon", () => {
  const a = button("a");
  const { clicked } = mount(a);
  for (const at of [0, 100, 200]) {
    press(a, at);
    click(a);
  }

  expect(clicked).toEqual(["a", "a", "a"]);
});

test("a control that moved under the pointer gets no click, even where the count starts again", () => {
  const [a, b] = [button("a"), button("b")];
  const { clicked } = mount(a, b);
  press(a, 0);
  click(a);

  expect(press(b, 300)).toBe(false);
  click(b);
  expect(press(b, 600)).toBe(false);
  click(b);
  expect(clicked).toEqual(["a"]);
  expect(press(b, 1200)).toBe(true);
  click(b);
  expect(clicked).toEqual(["a", "b"]);
});

test("a control that moved to the place of a button outside gets no click either", () => {
  const a = button("a");
  const { clicked, outside } = mount(a);
  press(outside, 0);
  click(outside);
  press(a, 200);
  click(a);

  expect(clicked).toEqual([]);
});

test("a click on another control in its own place is passed on at once", () => {
  const [a, b] = [button("a"), button("b")];
  const { clicked } = mount(a, b);
  press(a, 0);
  click(a);
  press(b, 50, 25);
  click(b);

  expect(clicked).toEqual(["a", "b"]);
});

test("a click whose press was on another element is stopped", () => {
  const [a, b] = [button("a"), button("b")];
  const { clicked } = mount(a, b);
  press(a, 0);
  click(b);

  expect(clicked).toEqual([]);
});

test("a second finger does not count as a second press", () => {
  const [a, b] = [button("a"), button("b")];
  const { clicked } = mount(a, b);
  press(a, 0);
  const finger = { ...WAY, isPrimary: false, clientX: 5, clientY: 5 };
  send(b, new PointerEvent("pointerdown", finger), 100);
  click(a);

  expect(clicked).toEqual(["a"]);
});

test("each click of a series counts on a stepwise control, and only there", () => {
  const [a, b] = [button("a"), button("b")];
  b.setAttribute(STEPWISE, "");
  const { clicked } = mount(a, b);
  press(a, 0);
  click(a);
  press(b, 100);
  click(b, 2);
  for (const count of [1, 2, 3]) {
    press(b, 1000 + 100 * count, 25);
    click(b, count);
  }

  expect(clicked).toEqual(["a", "b", "b", "b"]);
});

test("a click by key, script or screen reader is passed on", () => {
  const [a, b] = [button("a"), button("b")];
  const { clicked } = mount(a, b);
  press(a, 0);
  click(b, 0);
  b.click();

  expect(clicked).toEqual(["b", "b"]);
});

test("no click is passed on while a button is disabled", () => {
  const a = button("a");
  a.setAttribute("aria-disabled", "true");
  const { clicked } = mount(a);
  a.click();
  a.setAttribute("aria-disabled", "false");
  a.click();

  expect(clicked).toEqual(["a"]);
});

test("a field inside a label is not part of it: a double click selects a word there", () => {
  const input = element("input", { type: "text" });
  const label = element("label", { id: "label" }, "Words", input);
  mount(label);
  press(label, 0);
  click(label);

  expect(press(input, 100)).toBe(true);
  expect(click(input, 2)).toBe(true);
});

test("held keys and keys with Ctrl press no button, and type in fields", () => {
  const [a, box] = [button("a"), element("textarea")];
  mount(a, box);
  const key = (el: Element, init: KeyboardEventInit) =>
    send(el, new KeyboardEvent("keydown", { ...WAY, ...init }));

  expect(key(a, { key: "Enter" })).toBe(true);
  expect(key(a, { key: "Enter", repeat: true })).toBe(false);
  expect(key(a, { key: " ", repeat: true })).toBe(false);
  expect(key(a, { key: "Enter", altKey: true })).toBe(false);
  expect(key(a, { key: "ArrowDown", repeat: true })).toBe(true);
  expect(key(box, { key: "Enter", repeat: true })).toBe(true);
});
