import type { Host } from "@anywidget/types";
import { afterEach, expect, test } from "vitest";
import { ChildPlace, leave } from "../../shared/child_place";

afterEach(() => document.body.replaceChildren());

function open() {
  const asked: string[] = [];
  const host = {
    getWidget: async () => ({
      exports: { focus: (el: HTMLElement) => el.querySelector("button")?.focus() },
      render: async ({ el }: { el: HTMLElement }) =>
        el.append(Object.assign(document.createElement("button"), { id: "inside" })),
    }),
  } as unknown as Host;
  const place = new ChildPlace(
    { title: "Beside each other", close: "Close it" },
    host,
    { close: () => asked.push("close"), closed: () => asked.push("closed") },
    new AbortController().signal,
  );
  const [before, after] = [document.createElement("button"), document.createElement("button")];
  document.body.replaceChildren(before, place.el, after);
  const close = place.el.querySelector("button") as HTMLButtonElement;
  return { place, asked, before, after, close };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("the focus goes into what was asked for here, and back when it is closed here", async () => {
  const { place, asked, before, close } = open();
  expect(place.el.hidden).toBe(true);
  before.focus();
  place.show("anywidget:one");
  place.enter();
  await settled();
  expect(document.activeElement?.id).toBe("inside");
  close.focus();
  close.click();
  place.show(null);

  expect(asked).toEqual(["close"]);
  expect(place.el.hidden).toBe(true);
  expect(document.activeElement).toBe(before);
});

test("who has gone on meanwhile, and who asked elsewhere, keeps the focus", async () => {
  const { place, before, after } = open();
  before.focus();
  place.show("anywidget:one");
  await settled();
  expect(document.activeElement).toBe(before);
  place.show("anywidget:two");
  place.enter();
  after.focus();
  await settled();
  place.show(null);

  expect(document.activeElement).toBe(after);
});

test("where the focus came from is gone, the place says that it is closed", async () => {
  const { place, asked, before, close } = open();
  before.focus();
  place.show("anywidget:one");
  place.enter();
  await settled();
  before.remove();
  close.focus();
  place.end();
  place.show(null);

  expect(asked).toEqual(["close", "closed"]);
});

test("a widget that is left by Escape is closed by the place that it stands in", async () => {
  const { place, asked } = open();
  place.show("anywidget:one");
  await settled();
  leave(place.el.querySelector("#inside") as HTMLElement);

  expect(asked).toEqual(["close"]);
});

test("one that cannot be shown leaves no bar behind", async () => {
  const { place } = open();
  const host = { getWidget: () => Promise.reject(new Error("gone")) } as unknown as Host;
  const other = new ChildPlace(
    { title: "", close: "" },
    host,
    { close: () => {}, closed: () => {} },
    new AbortController().signal,
  );
  place.el.replaceWith(other.el);
  other.show("anywidget:one");
  expect(other.el.hidden).toBe(false);
  await settled();

  expect(other.el.hidden).toBe(true);
});
