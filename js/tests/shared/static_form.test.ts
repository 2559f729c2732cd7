import { afterEach, expect, test } from "vitest";
import { Connection, tellShown } from "../../shared/connection";
import { FakeModel } from "./fake_model";

const MARK = "0123456789abcdef0123456789abcdef";

afterEach(() => {
  document.head.replaceChildren();
  document.body.replaceChildren();
});

function left(mark: string, within: Element = document.body): HTMLElement {
  const el = document.createElement("div");
  el.className = `lumen-static lumen-static-${mark}`;
  within.append(el);
  return el;
}

function notebook(): HTMLElement {
  const el = document.createElement("div");
  el.className = "jp-NotebookPanel";
  document.body.append(el);
  return el;
}

function view(mark: unknown, kind = "", within: Element = document.body) {
  const el = document.createElement("div");
  el.className = kind;
  within.append(el);
  const ending = new AbortController();
  const fake = new FakeModel({ _static_id: mark });
  tellShown(new Connection(fake, ending.signal), "a", el, ending.signal);
  return ending;
}

const isSeen = (el: Element) => getComputedStyle(el).display !== "none";

test("what a widget has left is hidden while a view of it is in the page, and nothing else", () => {
  const [own, others] = [left(MARK), left(MARK.replaceAll("0", "1"))];
  const [first, second] = [view(MARK), view(MARK)];
  expect([isSeen(own), isSeen(others)]).toEqual([false, true]);
  first.abort();
  expect(isSeen(own)).toBe(false);
  second.abort();

  expect([isSeen(own), isSeen(others)]).toEqual([true, true]);
  expect(document.head.childElementCount).toBe(0);
});

test("what is rendered later is hidden too", () => {
  view(MARK);

  expect(isSeen(left(MARK))).toBe(false);
});

test("in a copy of the notebook in the same page it is seen: nothing is live there", () => {
  const [original, copy] = [notebook(), notebook()];
  const [own, copied] = [left(MARK, original), left(MARK, copy)];
  const ending = view(MARK, "", original);
  expect([isSeen(own), isSeen(copied)]).toEqual([false, true]);
  ending.abort();

  expect(isSeen(own)).toBe(true);
  expect(original.getAttributeNames()).toEqual(["class"]);
});

test("a view without a kernel hides nothing: what was left says more than it does", () => {
  const own = left(MARK);
  view(MARK, "jupyter-widgets-disconnected");

  expect(isSeen(own)).toBe(true);
});

test("no rule is made of what is no mark", () => {
  for (const mark of [undefined, "", "a, body", `${MARK} {} body`, 3]) view(mark);

  expect(document.head.childElementCount).toBe(0);
});
