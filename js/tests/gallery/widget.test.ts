import type { Experimental, Host } from "@anywidget/types";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../../gallery/index";
import type { GalleryItem, GalleryModel, PictureDetails } from "../../gallery/messages";
import { FakeModel } from "../shared/fake_model";
import { firstItems, item } from "./item";

interface Sent {
  kind: string;
  request: string;
  start?: number;
  listing?: number;
  key?: string;
  keys?: string[];
  confirmed?: boolean;
  search?: { text: string };
  copies?: { sha256: string; copy: string }[];
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

async function mount(count = 3, traits: Partial<GalleryModel> = {}) {
  const fake = new FakeModel<GalleryModel & Record<string, unknown>>({
    _static_id: "",
    language: "en",
    _history: true,
    _first: firstItems(count),
    _selected: { item: null, view: "" },
    compare: null,
    ...traits,
  });
  const model = fake.model as never;
  const [life, viewing] = [new AbortController(), new AbortController()];
  const el = document.createElement("div");
  document.body.append(el);
  const experimental = {} as Experimental;
  const definition = typeof widget === "function" ? await widget() : widget;
  await definition.initialize?.({ model, signal: life.signal, experimental });
  const host = {
    getWidget: async () => ({ exports: {}, render: async () => undefined }),
  } as unknown as Host;
  const show = async (el: HTMLElement) =>
    definition.render?.({ model, el, signal: viewing.signal, host, experimental });
  await show(el);
  const text = (selector: string) => el.querySelector(selector)?.textContent ?? "";
  const tiles = () => [...el.querySelectorAll<HTMLElement>(".lumen-tile")];
  const button = (label: string) => {
    const all = [...el.querySelectorAll("button")].filter((one) => !one.closest("[hidden]"));
    const found = all.find((one) => one.textContent === label);
    if (!found) throw new Error(`no button ${label} among ${all.map((one) => one.textContent)}`);
    return found;
  };
  const asked = (kind: string) => (fake.sent as Sent[]).filter((one) => one.kind === kind);
  const answer = async (kind: string, message: object) => {
    fake.deliver({ sequence: 1, ...message, request: asked(kind).at(-1)?.request });
    await vi.advanceTimersByTimeAsync(0);
  };
  const press = (target: Element | null | undefined, key: string, held: KeyboardEventInit = {}) =>
    target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...held }));
  const type = async (words: string) => {
    const box = el.querySelector<HTMLInputElement>("[type=search]");
    if (box) box.value = words;
    box?.dispatchEvent(new Event("input", { bubbles: true }));
    await vi.advanceTimersByTimeAsync(300);
  };
  return { fake, el, life, viewing, show, text, tiles, button, asked, answer, press, type };
}

function found(items: GalleryItem[], changes: object = {}) {
  const { length } = items;
  return { kind: "found", listing: 2, count: length, total: 3, arrived: 0, items, ...changes };
}

const DETAILS: PictureDetails = {
  known: true,
  again: { host: "lumen.example.org", credits: 4 },
  prompt: "picture 2 in full",
  negative_prompt: "",
  endpoint: "edits",
  model: "m",
  size: "1:1",
  resolution: "",
  quality: "",
  when: 1_790_000_000,
  seconds: 6.25,
  credits: null,
  host: "lumen.example",
  task: "t2",
  sha256: "sha of 2",
  note: "",
  made_from: [{ item: item(0), place: 2 }],
  lost: 1,
  led_to: [],
};

test("the first screen is there without a word of the kernel", async () => {
  const { text, tiles, asked } = await mount();

  expect(tiles().map((tile) => tile.textContent)).toEqual([
    "Loading…picture 2",
    "Loading…picture 1",
    "Loading…picture 0",
  ]);
  expect(text(".lumen-gallery-count")).toBe("3 pictures");
  await vi.advanceTimersByTimeAsync(200);
  expect(asked("find")).toEqual([]);
  expect(asked("wants").at(-1)?.copies).toContainEqual({ sha256: "sha of 2", copy: "tile" });
});

test("an empty gallery says what it is, and how there will be something in it", async () => {
  const history = await mount(0);
  expect(history.text(".lumen-gallery-empty")).toBe(
    "No pictures yet. Make one with lumen.PromptForm() or lumen.generate(…): it will appear here. Show all",
  );
  const given = await mount(0, { _history: false });
  expect(given.text(".lumen-gallery-empty")).toContain("lumen.Gallery() shows all");
});

test("keys move from tile to tile, select and open, and the picture is chosen", async () => {
  const { tiles, text, press, asked, el } = await mount();
  tiles()[0]?.focus();
  press(tiles()[0], "ArrowRight");
  expect(document.activeElement?.textContent).toContain("picture 1");
  press(document.activeElement, " ");
  press(document.activeElement, "End", { shiftKey: true });
  expect(text(".lumen-gallery-chosen-count")).toBe("2 selected");
  press(document.activeElement, "Escape");
  expect(el.querySelector(".lumen-gallery-chosen")?.hasAttribute("hidden")).toBe(true);

  press(document.activeElement, "Enter");
  expect(document.activeElement?.className).toBe("lumen-large-stage");
  expect(text(".lumen-large-position")).toBe("3 of 3");
  expect(asked("choose").at(-1)?.key).toBe("0.0");
  press(document.activeElement, "Home");
  expect(text(".lumen-large-position")).toBe("1 of 3");
  press(document.activeElement, "Escape");
  expect(document.activeElement?.textContent).toContain("picture 2");
});

test("details come at once as far as they are known, and then in full", async () => {
  const { tiles, text, answer, button, asked } = await mount();
  tiles()[0]?.click();
  expect(text(".lumen-details")).toContain("picture 2");
  await vi.advanceTimersByTimeAsync(200);
  expect(asked("tell").at(-1)).toMatchObject({ key: "2.0", listing: 1 });
  await vi.advanceTimersByTimeAsync(2000);
  expect(text(".lumen-details-note")).toContain("The notebook is busy");
  await answer("tell", { kind: "told", key: "2.0", details: DETAILS });

  expect(text(".lumen-details")).toContain("picture 2 in full");
  expect(text(".lumen-details")).toContain("1 picture that is not here");
  expect(text(".lumen-details-note")).toBe("");
  button("picture 0").click();
  expect(text(".lumen-large-position")).toBe("3 of 3");
});

test("the same again says what it costs and where, and is sent to nobody else", async () => {
  const { tiles, answer, button, asked } = await mount();
  tiles()[0]?.click();
  await vi.advanceTimersByTimeAsync(200);
  await answer("tell", { kind: "told", key: "2.0", details: DETAILS });
  button("The same again · costs 4 credits at lumen.example.org").click();
  expect(asked("picture_action")).toMatchObject([{ action: "again", host: "lumen.example.org" }]);
  const again = { host: "", credits: 4 };
  await answer("picture_action", {
    kind: "picture_acted",
    action: "again",
    sha256: [],
    sequence: 1,
    error: "Nothing was sent.",
    next_step: "Press it again.",
  });
  await answer("tell", { kind: "told", key: "2.0", details: { ...DETAILS, again } });

  expect(button("The same again · free")).toBeDefined();
});

test("a search is the kernel's, and while that is busy it is made among what is here", async () => {
  const { type, text, tiles, asked, answer } = await mount();
  await type("picture 1");
  expect(asked("find").at(-1)?.search?.text).toBe("picture 1");
  expect(tiles().length).toBe(3);
  await vi.advanceTimersByTimeAsync(2000);
  expect(tiles().map((tile) => tile.textContent)).toEqual(["Loading…picture 1"]);
  expect(text(".lumen-gallery")).toContain("found among the 3 pictures that are here");

  await answer("find", found([item(1), item(10)]));
  expect(tiles().length).toBe(2);
  expect(text(".lumen-gallery-count")).toBe("2 of 3 pictures");
  expect(text(".lumen-gallery")).not.toContain("found among");
});

test("an older search never takes the place of a newer one", async () => {
  const { type, fake, asked, answer, tiles } = await mount();
  await type("picture");
  const older = asked("find").at(-1)?.request;
  await type("picture 1");
  await answer("find", found([item(1)]));
  fake.deliver({ ...found([item(0), item(2)]), sequence: 9, request: older });
  await vi.advanceTimersByTimeAsync(0);

  expect(tiles().map((tile) => tile.textContent)).toEqual(["Loading…picture 1"]);
});

test("of many pictures the page asks for those that it comes near", async () => {
  const { el, asked, answer } = await mount(1000);
  const scroll = el.querySelector(".lumen-gallery-scroll");
  if (!scroll) throw new Error("nothing scrolls");
  Object.defineProperty(scroll, "clientHeight", { value: 480 });
  scroll.scrollTop = 20_000;
  scroll.dispatchEvent(new Event("scroll"));
  await vi.advanceTimersByTimeAsync(200);

  const { start = 0, listing } = asked("read").at(-1) ?? {};
  expect(listing).toBe(1);
  expect(start).toBeGreaterThan(60);
  const items = Array.from({ length: 120 }, (_, n) => item(999 - start - n));
  await answer("read", { kind: "items", listing: 1, start, items });
  const names = [...el.querySelectorAll(".lumen-tile-caption")].map((one) => one.textContent);
  expect(names.length).toBeLessThan(60);
  expect(names.every((name) => name?.startsWith("picture"))).toBe(true);
});

test("new pictures are counted, and come when they are asked for", async () => {
  const { fake, tiles, button, answer } = await mount();
  fake.deliver({ kind: "news", sequence: 1, arrived: 2, changed: false });
  expect(tiles().length).toBe(3);
  button("2 new pictures").focus();
  button("2 new pictures").click();
  const items = [item(4), item(3), item(2), item(1), item(0)];
  await answer("find", found(items, { total: 5, arrived: 2 }));

  expect(tiles().length).toBe(5);
  expect(() => button("2 new pictures")).toThrow();
  expect(document.activeElement).toBe(tiles()[0]);
});

test("whoever has all shown again, by keys, is in the pictures then", async () => {
  const { button, answer, tiles, type } = await mount();
  await type("nothing that there is");
  await answer("find", found([]));
  button("Show all").focus();
  button("Show all").click();
  await answer("find", found([item(2), item(1), item(0)]));

  expect(document.activeElement).toBe(tiles()[0]);
});

test("once the kernel is gone no new pictures are offered: nothing would bring them", async () => {
  const { fake, button, tiles } = await mount();
  fake.deliver({ kind: "news", sequence: 1, arrived: 2, changed: false });
  button("2 new pictures").focus();
  fake.tell("comm_live_update");

  expect(() => button("2 new pictures")).toThrow();
  expect(document.activeElement).toBe(tiles()[0]);
});

test("forgetting asks first, and says what stays and why", async () => {
  const { tiles, button, asked, answer, text } = await mount();
  tiles()[0]?.click();
  button("Forget…").click();
  expect(asked("forget").at(-1)).toMatchObject({ keys: ["2.0"], confirmed: false });
  const counted = { kind: "forgot", tasks: 1, pictures: 4, unknown: 0, refused: [] };
  await answer("forget", { ...counted, done: false });
  expect(text(".lumen-gallery-side .lumen-forget p")).toContain("Forget 1 task, for good");
  expect(document.activeElement?.textContent).toBe("Keep");
  button("Forget").click();
  expect(asked("forget").at(-1)?.confirmed).toBe(true);
  const refused = [{ prompt: "picture 2", reason: "unknown" }];
  await answer("forget", { ...counted, tasks: 0, pictures: 0, done: true, refused });

  expect(text(".lumen-gallery-side .lumen-forget p")).toContain("it may have been paid");
});

test("two views are in step, and code opens a picture in both", async () => {
  const { fake, el, show } = await mount();
  const other = document.createElement("div");
  document.body.append(other);
  await show(other);
  fake.deliver({ kind: "stars", sequence: 1, starred: ["sha of 1"], unstarred: [] });
  expect(document.querySelectorAll(".lumen-tile[data-starred]").length).toBe(2);
  fake.set("_selected", { item: item(1), view: "" });

  for (const one of [el, other]) {
    expect(one.querySelector(".lumen-large-position")?.textContent).toBe("2 of 3");
  }
});

test("what was chosen in one view is marked in the other, and opens nothing there", async () => {
  const { fake, el } = await mount();
  fake.set("_selected", { item: item(1), view: "another view" });

  expect(el.querySelectorAll(".lumen-tile[data-current]").length).toBe(1);
  expect(el.querySelector(".lumen-gallery-large")?.hasAttribute("hidden")).toBe(true);
});

test("marked pictures are compared below, and closing that leads back to the tile", async () => {
  const { fake, el, tiles, press, asked, button } = await mount();
  tiles()[0]?.focus();
  press(tiles()[0], " ");
  press(tiles()[0], "ArrowRight");
  press(document.activeElement, " ");
  press(document.activeElement, "v");
  const [{ sha256, request }] = asked("picture_action") as never as [Record<string, string>];
  fake.set("compare", "anywidget:compare");
  const rest = { repeated: false, target: "", paths: [], python: "", curl: "", next_step: "" };
  const acted = { kind: "picture_acted", sequence: 1, action: "compare", sha256, ...rest };
  fake.deliver({ ...acted, request, error: "" });
  await vi.advanceTimersByTimeAsync(0);
  const place = el.querySelector<HTMLElement>(".lumen-child");
  expect(place?.contains(document.activeElement)).toBe(true);
  button("Close the comparison").click();
  fake.set("compare", null);

  expect(sha256).toHaveLength(2);
  expect(asked("close_compare")).toHaveLength(1);
  expect(place?.hidden).toBe(true);
  expect(document.activeElement).toBe(tiles()[1]);
});

test("without its kernel a gallery says so, and what is here can be searched and opened", async () => {
  const { fake, type, tiles, text } = await mount();
  fake.tell("comm_live_update");
  expect(text(".lumen-gallery-notice")).toContain("The kernel is gone");
  await type("picture 0");
  expect(tiles().length).toBe(1);
  tiles()[0]?.click();

  expect(text(".lumen-large-notice")).toContain("was not loaded before");
  expect(text(".lumen-details-note")).toContain("more is not known here");
});

test("a picture whose file is gone says so", async () => {
  const first = firstItems(1);
  first.items = [item(0, { missing: true })];
  const { text, tiles } = await mount(1, { _first: first });

  expect(text(".lumen-tile-note")).toBe("The file is gone");
  expect(tiles()[0]?.getAttribute("aria-label")).toContain("The file is gone");
});

test("what comes from outside is text, never markup", async () => {
  const evil = '<img src=x onerror="alert(1)">';
  const first = firstItems(1);
  first.items = [item(0, { prompt: evil, model: evil, size: evil })];
  const { el, tiles, answer } = await mount(1, { _first: first });
  tiles()[0]?.click();
  await vi.advanceTimersByTimeAsync(200);
  const details = { ...DETAILS, prompt: evil, task: evil, host: evil, note: evil, made_from: [] };
  await answer("tell", { kind: "told", key: "0.0", details });

  expect(el.querySelectorAll("[onerror]").length).toBe(0);
  expect(el.querySelector(".lumen-details-prompt")?.textContent).toBe(evil);
});

test("a gallery that is closed leaves no listener behind", async () => {
  const { fake, life, viewing } = await mount();
  viewing.abort();
  life.abort();

  for (const event of [
    "msg:custom",
    "change:_selected",
    "change:compare",
    "change:language",
    "comm_live_update",
  ]) {
    expect(fake.listenerCount(event)).toBe(0);
  }
});
