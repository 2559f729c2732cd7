import type { Experimental, Host } from "@anywidget/types";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../../task_panel/index";
import type { TaskPanelModel } from "../../task_panel/messages";
import { FakeModel } from "../shared/fake_model";
import { changed, row, totals } from "./row";

type Sent = { kind: string; request: string; keys?: string[] };

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

async function mount(rows = [row()], traits: Partial<TaskPanelModel> = {}) {
  const fake = new FakeModel<TaskPanelModel & Record<string, unknown>>({
    _static_id: "",
    language: "en",
    static: true,
    _host: null,
    _rows: rows,
    _totals: totals(rows),
    _thumbnails: [],
    _toolbar: false,
    _panel: "panel-1",
    ...traits,
  });
  const model = fake.model as never;
  const [life, viewing] = [new AbortController(), new AbortController()];
  const ending = {
    abort: () => {
      viewing.abort();
      life.abort();
    },
  };
  const el = document.createElement("div");
  document.body.append(el);
  // happy-dom lays nothing out
  el.checkVisibility = () => true;
  const experimental = {} as Experimental;
  const host = {} as Host;
  const definition = typeof widget === "function" ? await widget() : widget;
  await definition.initialize?.({ model, signal: life.signal, experimental });
  const show = async (el: HTMLElement) =>
    definition.render?.({ model, el, signal: viewing.signal, host, experimental });
  await show(el);
  const text = (selector: string) => el.querySelector(selector)?.textContent;
  const button = (label: string) => {
    const all = [...el.querySelectorAll("button")].filter((one) => !one.closest("[hidden]"));
    const found = all.find((one) => one.textContent === label);
    if (!found) throw new Error(`no button ${label} among ${all.map((one) => one.textContent)}`);
    return found;
  };
  const sent = () => fake.sent as Sent[];
  return { fake, el, ending, life, show, text, button, sent };
}

const FAILED = row({
  status: "failed",
  running: false,
  group: "bad",
  charge: "refunded",
  actions: ["again"],
  error: { message: "The model failed.", next_step: "Try again." },
});

test("a panel shows the account, the status and the prompt", async () => {
  const { text } = await mount();

  expect(text(".lumen-tasks-account")).toContain("Sandbox");
  expect(text(".lumen-task-state")).toBe("Queued");
  expect(text(".lumen-task-prompt")).toBe("a cute cat");
});

test("a change of status is announced politely, a failure assertively, and nothing else", async () => {
  const { fake, text } = await mount();
  fake.deliver(changed([row({ status: "processing" })], 1));
  vi.runOnlyPendingTimers();
  expect(text("[role=status]")).toBe("Processing: a cute cat");
  fake.deliver(changed([row({ status: "processing", elapsed: 9 })], 2));
  fake.deliver(changed([FAILED], 3));
  vi.runOnlyPendingTimers();

  expect(text(".lumen-task-error")).toBe("The model failed. Try again.");
  expect(text("[role=status]")).toBe("Processing: a cute cat");
  expect(text("[role=alert]")).toBe("Failed: a cute cat");
});

test("an outage is said in the row, that it passes by itself, and goes once an answer comes", async () => {
  const { fake, el, text } = await mount([row({ status: "processing" })]);
  const trouble = () => el.querySelector<HTMLElement>(".lumen-task-trouble");
  const tone = () => el.querySelector<HTMLElement>(".lumen-task")?.dataset.tone;
  expect(trouble()?.hidden).toBe(true);
  const reason = "The service gave no answer: no connection in time.";
  fake.deliver(changed([row({ status: "processing", trouble: reason })], 1));
  expect(trouble()?.hidden).toBe(false);
  expect(trouble()?.textContent).toContain(reason);
  expect(trouble()?.textContent).toContain("goes on asking by itself");
  expect(text(".lumen-task-state")).toBe("Processing");
  // nothing turns as if all was well
  expect(tone()).toBe("waiting");
  fake.deliver(changed([row({ status: "processing" })], 2));

  expect(trouble()?.hidden).toBe(true);
  expect(tone()).toBe("running");
});

test("an outage is announced politely, once when it begins and once when it is over", async () => {
  const { fake, el, text } = await mount([row({ status: "processing" })]);
  const region = el.querySelector("[role=status]");
  let said = 0;
  new MutationObserver(() => (said += 1)).observe(region as Element, { childList: true });
  const hear = async (sequence: number, trouble: string) => {
    fake.deliver(changed([row({ status: "processing", elapsed: sequence, trouble })], sequence));
    vi.advanceTimersByTime(500);
    await Promise.resolve();
    return text("[role=status]");
  };

  expect(await hear(1, "No answer.")).toBe(
    "no news at the moment, asked again by itself: a cute cat",
  );
  for (const sequence of [2, 3, 4]) await hear(sequence, `No answer, ${sequence}.`);
  expect(said).toBe(1);
  expect(await hear(5, "")).toBe("Processing: a cute cat");
  expect(text("[role=alert]")).toBe("");
});

test("what was put back in a repaint is said with its row, and nothing where there is nothing to say", async () => {
  const { fake, el, text } = await mount();
  const notice = () => el.querySelector<HTMLElement>(".lumen-task-pictures");
  expect(notice()?.hidden).toBe(true);
  const done = { status: "succeeded", running: false, group: "finished" as const };
  fake.deliver(changed([row({ ...done, notice: "What you did not paint is as it was." })]));

  expect(notice()?.hidden).toBe(false);
  expect(text(".lumen-task-pictures")).toBe("What you did not paint is as it was.");
});

test("many changes at once are announced as a count", async () => {
  const { fake, text } = await mount(["0", "1", "2"].map((key) => row({ key })));
  const rows = ["0", "1", "2"].map((key) => row({ key, status: "processing" }));
  fake.deliver(changed(rows));
  vi.runOnlyPendingTimers();

  expect(text("[role=status]")).toBe("3 tasks changed: 3 × Processing");
});

test("what comes from outside is text, never markup", async () => {
  const evil = '<img src=x onerror="alert(1)">';
  const { el } = await mount([
    row({ prompt: evil, id: evil, status: evil, error: { message: evil, next_step: evil } }),
  ]);

  expect(el.querySelectorAll("img:not(.lumen-task-thumbnail, .lumen-task-mask)").length).toBe(0);
  expect(el.querySelector(".lumen-task-prompt")?.textContent).toBe(evil);
});

test("a view asks for the newest rows when it is opened, and sends a bye when it is closed", async () => {
  const { fake, ending, sent } = await mount();
  ending.abort();

  expect(sent().map(({ kind }) => kind)).toEqual(["hello", "shown", "hidden", "bye"]);
  expect(fake.listenerCount("msg:custom")).toBe(0);
  expect(fake.listenerCount("change:language")).toBe(0);
});

test("a thumbnail is requested once, when its row is shown", async () => {
  const { fake, el, sent } = await mount([
    row({ status: "succeeded", running: false, pictured: true, actions: [] }),
  ]);
  vi.runOnlyPendingTimers();
  const asked = sent().filter(({ kind }) => kind === "look");
  expect(asked).toMatchObject([{ keys: ["0"] }]);
  const request = asked[0]?.request ?? "";
  const thumbnails = [{ key: "0", of: "picture", data: "data:image/png;base64,AA==" }];
  fake.deliver({ kind: "thumbnails", thumbnails, request });
  vi.runOnlyPendingTimers();

  expect(el.querySelector("img")?.hidden).toBe(false);
  expect(el.querySelector("code")?.textContent).toBe('lumen.show("a1b2c3")');
  expect(sent().filter(({ kind }) => kind === "look").length).toBe(1);
});

test("a thumbnail that came with the widget's state is shown and not requested", async () => {
  const data = "data:image/jpeg;base64,AA==";
  const several = row({ status: "succeeded", running: false, pictured: true, arrived: 4 });
  const { el, sent } = await mount([several], {
    _thumbnails: [{ key: "0", of: "picture", data }],
  });
  vi.runOnlyPendingTimers();
  const picture = el.querySelector("img");

  expect([picture?.hidden, picture?.src, picture?.alt]).toEqual([false, data, "4 pictures"]);
  expect(sent().filter(({ kind }) => kind === "look")).toEqual([]);
});

test("a mask that the kernel sent unasked is shown before the picture, and not requested", async () => {
  const { fake, el, sent, text } = await mount();
  const data = "data:image/png;base64,AA==";
  fake.deliver({ kind: "thumbnails", request: "", thumbnails: [{ key: "0", of: "mask", data }] });
  fake.deliver(changed([row({ repaints: 0.123 })], 1));
  vi.runOnlyPendingTimers();
  const [picture, mask] = el.querySelectorAll("img");

  expect([picture?.hidden, mask?.hidden]).toEqual([true, false]);
  expect(mask?.alt).toBe("Mask: white is repainted");
  expect(text(".lumen-task-facts")).toContain("Repaints 12.3 % of the picture");
  expect(sent().filter(({ kind }) => kind === "look")).toEqual([]);
});

test("a mask is requested while the task runs, and the picture once there is one", async () => {
  const { fake, el, sent } = await mount([row({ repaints: 0.0001 })]);
  vi.runOnlyPendingTimers();
  const looks = () => sent().filter(({ kind }) => kind === "look");
  expect(looks()).toMatchObject([{ keys: ["0"] }]);
  const data = "data:image/png;base64,AA==";
  const answer = (of: string) =>
    fake.deliver({
      kind: "thumbnails",
      request: looks().at(-1)?.request,
      thumbnails: [{ key: "0", of, data }],
    });
  answer("mask");
  fake.deliver(
    changed([row({ repaints: 0.0001, status: "succeeded", running: false, pictured: true })]),
  );
  vi.runOnlyPendingTimers();
  answer("picture");
  vi.runOnlyPendingTimers();

  expect(looks().length).toBe(2);
  expect([...el.querySelectorAll("img")].map(({ hidden }) => hidden)).toEqual([false, false]);
});

test("few rows have no toolbar, unless the panel is one of every task", async () => {
  const few = await mount();
  const every = await mount([row()], { _toolbar: true });
  const many = await mount(["0", "1", "2", "3"].map((key) => row({ key })));
  const hidden = ({ el }: { el: Element }) =>
    el.querySelector<HTMLElement>(".lumen-tasks-tools")?.hidden;

  expect([few, every, many].map(hidden)).toEqual([true, false, false]);
});

test("stop asks the kernel, and a refusal is shown in the row", async () => {
  const { fake, button, sent, text } = await mount();
  button("Stop watching").click();
  const asked = sent().at(-1);
  expect(asked).toMatchObject({ kind: "act", key: "0", action: "stop" });
  const error = { message: "It cannot be done.", next_step: "Look again." };
  fake.deliver({ kind: "error", error, request: asked?.request });
  await vi.advanceTimersByTimeAsync(0);

  expect(text(".lumen-task-notice")).toBe("It cannot be done. Look again.");
});

test("a kernel that does not answer is shown as busy", async () => {
  const { button, text } = await mount();
  button("Stop watching").click();
  await vi.advanceTimersByTimeAsync(1600);

  expect(text(".lumen-task-notice")).toContain("busy");
});

test("a retry shows that it costs credits, but not in the sandbox", async () => {
  const free = await mount([FAILED]);
  const paid = await mount([{ ...FAILED, host: "lumen.example" }]);
  paid.button("Try again · costs credits").click();
  paid.button("Try again · costs credits").click();

  expect(free.button("Try again")).toBeTruthy();
  // a second click while the first is under way pays nothing twice
  const acts = paid.sent().filter(({ kind }) => kind === "act");
  expect(acts.length).toBe(1);
  // so that the kernel tells a click in another tab, which did not see this one, from another wish
  expect(acts[0]).toMatchObject({ seen: 1 });
});

test("a retry does not say that a row was seen of which the page has only the count", async () => {
  const { button, sent, text } = await mount([FAILED], { _totals: totals([FAILED], { rows: 2 }) });
  expect(text(".lumen-task-state")).toBe("Loading…");
  button("Try again").click();

  expect(sent().at(-1)).toMatchObject({ kind: "act", seen: 1 });
});

test("a retry that was not answered goes under the same id after a reload, and then under another", async () => {
  const asked = async (page: Awaited<ReturnType<typeof mount>>) => {
    page.button("Try again").click();
    await vi.advanceTimersByTimeAsync(0);
    return page.sent().at(-1)?.request ?? "";
  };
  const before = await asked(await mount([FAILED]));
  const other = await asked(
    await mount([row({ running: false, actions: [] }), { ...FAILED, key: "1" }]),
  );
  const page = await mount([FAILED]);
  const after = await asked(page);
  page.fake.deliver({ kind: "done", key: "1", request: after });
  await vi.advanceTimersByTimeAsync(0);

  expect(after).toBe(before);
  expect(other).not.toBe(before);
  expect(await asked(page)).not.toBe(before);
});

test("the language is the trait's, and changes at once", async () => {
  const { fake, text } = await mount();
  fake.set("language", "zh");

  expect(text(".lumen-task-state")).toBe("排队中");
  expect(text("section > header > span")).toBe("Lumen 任务");
});

test("rows are filtered by status and by text, and all are shown again", async () => {
  const rows = [row(), row({ key: "1", prompt: "an owl" }), { ...FAILED, key: "2" }];
  const { el, button } = await mount(rows, { _toolbar: true });
  const shown = () =>
    [...el.querySelectorAll<HTMLElement>("article")].map(({ dataset }) => dataset.key);
  const pick = (group: string) =>
    el.querySelector<HTMLInputElement>(`input[value=${group}]`)?.click();
  const search = el.querySelector<HTMLInputElement>("input[type=search]");
  if (!search) throw new Error("no search field");

  pick("bad");
  expect(shown()).toEqual(["2"]);
  search.value = "owl";
  search.dispatchEvent(new Event("input"));
  expect(shown()).toEqual([]);
  button("Show all").click();
  expect(shown()).toEqual(["2", "1", "0"]);
});

test("a row that leaves its filter leaves the focus to the next one, and the last to the filter", async () => {
  const open = { running: false, group: "open" as const, actions: ["watch" as const] };
  const rows = ["0", "1", "2", "3"].map((key) => row({ key, ...(key === "3" ? {} : open) }));
  const { fake, el } = await mount(rows);
  const chip = el.querySelector<HTMLInputElement>('input[value="open"]');
  chip?.click();
  const watch = (key: string) => {
    const article = el.querySelector<HTMLElement>(`[data-key="${key}"]`);
    article?.querySelector("button")?.focus();
    const now = rows.map((one) => (one.key === key ? row({ key }) : one));
    rows.splice(0, 4, ...now);
    fake.deliver(changed(rows, 1));
    return document.activeElement;
  };

  expect((watch("1") as HTMLElement).dataset.key).toBe("0");
  expect((watch("0") as HTMLElement).dataset.key).toBe("2");
  expect(watch("2")).toBe(chip);
});

test("after a restart of the kernel the clocks stop, and the panel says how to go on", async () => {
  const { fake, text, el } = await mount([row({ elapsed: 5 })]);
  expect(text(".lumen-tasks-lost")).toBe("");
  fake.dead = true;
  fake.tell("comm_live_update");
  const before = text(".lumen-task-elapsed");
  vi.advanceTimersByTime(5000);

  expect(text(".lumen-tasks-lost")).toContain("kernel that this panel belongs to is gone");
  expect(text(".lumen-tasks-lost")).toContain("lumen.resume()");
  expect(text(".lumen-tasks-lost")).toContain("lumen.show(id)");
  expect(text(".lumen-task-elapsed")).toBe(before);
  expect(el.querySelector("[data-lost]")).not.toBe(null);
});

test("a click that reaches no kernel says that it is gone, not that it is busy", async () => {
  const { fake, button, el, text } = await mount([row({ actions: ["stop"] })]);
  fake.dead = true;
  button("Stop watching").click();
  await vi.advanceTimersByTimeAsync(5000);

  expect(text(".lumen-tasks-lost")).toContain("is gone");
  expect(el.textContent).not.toContain("The notebook is busy");
});

test("a view that is closed after its kernel throws nothing", async () => {
  const { fake, ending } = await mount();
  fake.dead = true;

  expect(() => ending.abort()).not.toThrow();
});

/** The rows of these keys, as the kernel would send them. */
const some = (from: number, to: number, changes = {}) =>
  Array.from({ length: to - from }, (_, place) => {
    const key = String(from + place);
    return row({ key, id: `id-${key}`, prompt: `picture ${key}`, ...changes });
  });

/** A panel of 10,000 rows of which the page knows the newest 60. */
async function mountMany() {
  const all = totals([], { rows: 10_000, running: 9_000, bad: 1_000, hosts: [""] });
  const page = await mount(some(9_940, 10_000), { _totals: all, _toolbar: true });
  const asked = (kind: string) => page.sent().filter((message) => message.kind === kind);
  const answer = async (message: object, kind: string) => {
    page.fake.deliver({ ...message, request: asked(kind).at(-1)?.request });
    await vi.advanceTimersByTimeAsync(100);
  };
  const read = (rows = some(0, 0), sequence = 1) =>
    answer({ ...changed(rows, sequence, false, all), kind: "snapshot" }, "read");
  const list = page.el.querySelector<HTMLElement>(".lumen-tasks-list");
  const search = page.el.querySelector<HTMLInputElement>("input[type=search]");
  if (!list || !search) throw new Error("no list or no search field");
  const scroll = async (place: number) => {
    // happy-dom lays nothing out: each row is as high as one that was not measured
    list.scrollTop = place * 92;
    list.dispatchEvent(new Event("scroll"));
    await vi.advanceTimersByTimeAsync(100);
  };
  const type = (text: string) => {
    search.value = text;
    search.dispatchEvent(new Event("input"));
  };
  const row_ = (key: number) => page.el.querySelector(`[data-key="${key}"]`);
  const said = () => page.text(".lumen-tasks-waits");
  return { ...page, all, asked, answer, read, scroll, type, row: row_, said };
}

test("of many rows those near the screen are read, and until they come their places say so", async () => {
  const { asked, read, scroll, row, text } = await mountMany();
  expect(text(".lumen-chip-count")).toBe("10000");
  expect(asked("read")).toEqual([]);
  await scroll(5_000);
  const place = row(4_999);
  expect(place?.ariaPosInSet).toBe("5001");
  expect(place?.ariaSetSize).toBe("10000");
  expect(place?.textContent).toContain("Loading…");
  const [request] = asked("read");
  expect(request?.keys?.slice(0, 2)).toEqual(["5007", "5006"]);
  expect(request?.keys?.length).toBeLessThanOrEqual(110);

  await read(some(4_940, 5_040));
  expect(row(4_999)).toBe(place);
  expect(place?.textContent).toContain("picture 4999");
  expect(place?.textContent).not.toContain("Loading…");
  await scroll(5_005);
  expect(asked("read").length).toBe(1);
});

test("one request for rows is under way at a time, and the next one is for where the list is by then", async () => {
  const { asked, read, scroll, said } = await mountMany();
  await scroll(2_000);
  await scroll(5_000);
  await scroll(9_000);
  expect(asked("read").length).toBe(1);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(said()).toContain("The notebook is busy");
  await read(some(7_960, 8_040));

  expect(said()).toBe("");
  expect(asked("read").length).toBe(2);
  expect(asked("read")[1]?.keys).toContain("999");
});

test("rows that the kernel does not have are not requested again and again", async () => {
  const { asked, read, scroll } = await mountMany();
  await scroll(5_000);
  await read();
  await read();

  expect(asked("read").length).toBe(1);
});

test("a filter shows what the page knows at once, and the rest once the kernel has found it", async () => {
  const { asked, answer, type, row, text, el } = await mountMany();
  const shown = () => el.querySelector("article")?.ariaSetSize;
  type("PICTURE 99");
  expect(shown()).toBe("60");
  expect(asked("find")).toMatchObject([{ group: "all", words: ["picture", "99"] }]);
  type("picture 5");
  type("picture 5000");
  expect(text(".lumen-tasks-empty:not([hidden])")).toContain("Looking through all tasks");
  expect(asked("find").length).toBe(1);
  const bits = btoa(`${"\0".repeat(625)}\x01`);
  await answer({ kind: "found", sequence: 1, rows: btoa("") }, "find");
  expect(asked("find")[1]).toMatchObject({ words: ["picture", "5000"] });
  await answer({ kind: "found", sequence: 1, rows: bits }, "find");

  expect(shown()).toBe("1");
  expect(row(5_000)?.textContent).toContain("Loading…");
  expect(asked("read").at(-1)?.keys).toEqual(["5000"]);
  expect(asked("find").length).toBe(2);
});

test("a filter that the kernel refuses is not sent again and again", async () => {
  const { asked, answer, type, text } = await mountMany();
  type("x".repeat(300));
  await answer({ kind: "error", error: { message: "No.", next_step: "" } }, "find");

  expect(asked("find").length).toBe(1);
  expect(text(".lumen-tasks-empty:not([hidden])")).toContain("No task fits");
});

test("rows that may have changed are read again where they are shown, and stay until then", async () => {
  const { fake, all, asked, read, row } = await mountMany();
  fake.deliver(changed(some(9_999, 10_000, { status: "processing" }), 7, true, all));
  await vi.advanceTimersByTimeAsync(100);
  expect(row(9_995)?.textContent).toContain("Queued");
  const keys = asked("read")[0]?.keys;
  expect(keys).not.toContain("9999");
  expect(keys).toContain("9995");
  await read(some(9_940, 9_999, { status: "processing" }), 7);

  expect(row(9_995)?.textContent).toContain("Processing");
  expect(asked("read").length).toBe(1);
});

test("the end of a task that the page did not know is announced, a row that is read is not", async () => {
  const { fake, all, read, scroll, text } = await mountMany();
  await scroll(5_000);
  await read(some(4_940, 5_040, { status: "succeeded", running: false }));
  expect(text("[role=status]")).toBe("");
  const failed = { ...FAILED, key: "17", prompt: "an owl" };
  fake.deliver(changed([failed], 2, false, all));
  await vi.advanceTimersByTimeAsync(300);

  expect(text("[role=alert]")).toBe("Failed: an owl");
});

test("once the kernel is gone the rows that are known stay, and the panel says how many are not", async () => {
  const { fake, scroll, type, said, text, el, row } = await mountMany();
  await scroll(5_000);
  expect(row(5_000)).not.toBe(null);
  type("owl");
  expect(text(".lumen-tasks-empty:not([hidden])")).toContain("Looking through all tasks");
  fake.dead = true;
  fake.tell("comm_live_update");

  expect(text(".lumen-tasks-lost")).toContain("is gone");
  expect(said()).toContain("9940 more rows");
  expect(text(".lumen-tasks-empty:not([hidden])")).toContain("No task fits");
  type("");
  expect(row(5_000)).toBe(null);
  expect(el.querySelector("article")?.ariaSetSize).toBe("60");
});

test("two views of a page read for their own windows, and both show what came", async () => {
  const first = await mountMany();
  const el = document.createElement("div");
  document.body.append(el);
  await first.show(el);
  await first.scroll(5_000);
  await first.read(some(4_940, 5_040));

  expect(first.row(5_000)?.textContent).toContain("picture 5000");
  expect(el.querySelector("article")?.ariaPosInSet).toBe("1");
  expect(first.asked("read").length).toBe(1);
});
