import { afterEach, expect, test, vi } from "vitest";
import { element } from "../../shared/dom";
import { keepKeys, onEnter } from "../../shared/keyboard";

const KEPT = "data-lm-suppress-shortcuts";
let ending = new AbortController();
afterEach(() => {
  ending.abort();
  document.body.replaceChildren();
});

function mount(alsoUsed?: (event: KeyboardEvent) => boolean) {
  ending = new AbortController();
  const button = element("button");
  const box = element("textarea");
  const root = element("section", {}, button, box);
  const outside = element("button");
  document.body.replaceChildren(root, outside);
  const outsideEvents: string[] = [];
  for (const type of ["keydown", "keypress", "keyup"]) {
    window.addEventListener(
      type,
      (event) => outsideEvents.push(`${type} ${(event as KeyboardEvent).key}`),
      {
        signal: ending.signal,
      },
    );
  }
  keepKeys(root, ending.signal, alsoUsed);
  return { button, box, outside, outsideEvents };
}

function send(el: Element, type: string, init: KeyboardEventInit, altGraph = false): void {
  const event = new KeyboardEvent(type, {
    bubbles: true,
    cancelable: true,
    composed: true,
    ...init,
  });
  Object.defineProperty(event, "getModifierState", { value: () => altGraph });
  el.dispatchEvent(event);
}

test("a plain key stays in the widget; one with Ctrl, Tab and function keys do not", () => {
  const { button, outsideEvents } = mount();
  for (const key of ["b", "Enter", "ArrowUp", "Escape", " "]) {
    for (const type of ["keydown", "keypress", "keyup"]) send(button, type, { key, code: key });
  }
  expect(outsideEvents).toEqual([]);
  expect(button.getAttribute(KEPT)).toBe("true");
  send(button, "keydown", { key: "s", code: "s", ctrlKey: true });
  expect(button.hasAttribute(KEPT)).toBe(false);
  for (const key of ["Tab", "F5"]) send(button, "keydown", { key, code: key });

  expect(outsideEvents).toEqual(["keydown s", "keydown Tab", "keydown F5"]);
});

test("of a widget inside of another one, each keeps its own keys from JupyterLab", () => {
  for (const outerFirst of [true, false]) {
    const { box: outer, outsideEvents } = mount((event) => event.key === "Enter");
    const button = element("button");
    const inner = element("section", {}, button);
    outer.replaceWith(inner);
    // whichever listens first
    const keep = [
      () => keepKeys(inner, ending.signal, (event) => event.key === "z"),
      () => keepKeys(inner.parentElement as HTMLElement, ending.signal, ({ key }) => key === "q"),
    ];
    for (const one of outerFirst ? keep.reverse() : keep) one();
    for (const key of ["Enter", "z", "q"]) {
      send(button, "keydown", { key, code: key, ctrlKey: true });
      expect(button.getAttribute(KEPT)).toBe("true");
    }
    send(button, "keydown", { key: "s", code: "s", ctrlKey: true });
    expect(button.hasAttribute(KEPT)).toBe(false);
    expect(outsideEvents).toEqual(["keydown s"]);
    ending.abort();
  }
});

test("a key that a widget names is kept, and its keyup too, even after the keyup of Ctrl", () => {
  const { button, outsideEvents } = mount((event) => event.key === "Enter");
  send(button, "keydown", { key: "Enter", code: "Enter", ctrlKey: true });
  send(button, "keyup", { key: "Enter", code: "Enter" });

  expect(outsideEvents).toEqual([]);
});

test("the keyup of a key that was pressed outside, or belongs to the page, reaches the page", () => {
  const { button, outside, outsideEvents } = mount();
  send(outside, "keydown", { key: "a", code: "a" });
  send(button, "keyup", { key: "a", code: "a" });
  send(button, "keydown", { key: "Enter", code: "Enter" });
  send(button, "keydown", { key: "Enter", code: "Enter", ctrlKey: true });
  send(button, "keyup", { key: "Enter", code: "Enter" });

  expect(outsideEvents).toEqual(["keydown a", "keyup a", "keydown Enter", "keyup Enter"]);
});

test("keys that edit a text stay in the widget, shortcuts of the page do not", () => {
  const { button, box, outsideEvents } = mount();
  for (const key of ["z", "v", "a", "ArrowLeft", "Backspace"]) {
    send(box, "keydown", { key, code: key, ctrlKey: true });
  }
  send(box, "keydown", { key: "Z", code: "z", ctrlKey: true, shiftKey: true });
  expect(outsideEvents).toEqual([]);
  send(button, "keydown", { key: "z", code: "z", ctrlKey: true });
  send(box, "keydown", { key: "C", code: "c", ctrlKey: true, shiftKey: true });
  send(box, "keydown", { key: "ArrowUp", code: "up", altKey: true });

  expect(outsideEvents).toEqual(["keydown z", "keydown C", "keydown ArrowUp"]);
});

test("letters that need AltGr or an input method stay in the widget", () => {
  const { box, outsideEvents } = mount();
  send(box, "keydown", { key: "@", code: "q", ctrlKey: true, altKey: true }, true);
  send(box, "keydown", { key: "a", code: "a", ctrlKey: true, altKey: true, isComposing: true });
  send(box, "keydown", { key: "Process", code: "a", keyCode: 229 });

  expect(outsideEvents).toEqual([]);
});

test("Enter completes a field once, and neither with Ctrl nor during a composition", () => {
  const { box } = mount();
  const input = element("input");
  box.replaceWith(input);
  const done = vi.fn();
  onEnter(input, done);
  send(input, "keydown", { key: "Enter", ctrlKey: true });
  send(input, "keydown", { key: "Enter", isComposing: true });
  expect(done).not.toHaveBeenCalled();
  send(input, "keydown", { key: "Enter" });
  send(input, "keydown", { key: "Enter", repeat: true });

  expect(done).toHaveBeenCalledOnce();
});
