import type { Experimental, Host } from "@anywidget/types";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import widget from "../../task_panel/index";
import type { TaskPanelModel } from "../../task_panel/messages";
import { FakeModel } from "../shared/fake_model";
import { row } from "./row";

type Sent = { kind: string; request: string; keys?: string[] };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

async function mount(rows = [row()], traits: Partial<TaskPanelModel> = {}) {
  const fake = new FakeModel<TaskPanelModel & Record<string, unknown>>({
    language: "en",
    _host: null,
    _rows: rows,
    _toolbar: false,
    ...traits,
  });
  const model = fake.model as never;
  const ending = new AbortController();
  const el = document.createElement("div");
  document.body.append(el);
  // happy-dom lays nothing out
  el.checkVisibility = () => true;
  const experimental = {} as Experimental;
  const host = {} as Host;
  const definition = typeof widget === "function" ? await widget() : widget;
  await definition.initialize?.({ model, signal: ending.signal, experimental });
  await definition.render?.({ model, el, signal: ending.signal, host, experimental });
  const text = (selector: string) => el.querySelector(selector)?.textContent;
  const button = (label: string) => {
    const all = [...el.querySelectorAll("button")].filter((one) => !one.closest("[hidden]"));
    const found = all.find((one) => one.textContent === label);
    if (!found) throw new Error(`no button ${label} among ${all.map((one) => one.textContent)}`);
    return found;
  };
  const sent = () => fake.sent as Sent[];
  return { fake, el, ending, text, button, sent };
}

const FAILED = row({
  status: "failed",
  running: false,
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
  fake.deliver({ kind: "rows", sequence: 1, rows: [row({ status: "processing" })] });
  vi.runOnlyPendingTimers();
  expect(text("[role=status]")).toBe("Processing: a cute cat");
  fake.deliver({ kind: "rows", sequence: 2, rows: [row({ status: "processing", elapsed: 9 })] });
  fake.deliver({ kind: "rows", sequence: 3, rows: [FAILED] });
  vi.runOnlyPendingTimers();

  expect(text(".lumen-task-error")).toBe("The model failed. Try again.");
  expect(text("[role=status]")).toBe("Processing: a cute cat");
  expect(text("[role=alert]")).toBe("Failed: a cute cat");
});

test("many changes at once are announced as a count", async () => {
  const { fake, text } = await mount(["1", "2", "3"].map((key) => row({ key })));
  const rows = ["1", "2", "3"].map((key) => row({ key, status: "processing" }));
  fake.deliver({ kind: "rows", sequence: 1, rows });
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

test("a view asks for every row when it is opened, and sends a bye when it is closed", async () => {
  const { fake, ending, sent } = await mount();
  ending.abort();

  expect(sent()).toMatchObject([{ kind: "hello" }, { kind: "bye" }]);
  expect(fake.listenerCount("msg:custom")).toBe(0);
  expect(fake.listenerCount("change:language")).toBe(0);
});

test("a thumbnail is requested once, when its row is shown", async () => {
  const { fake, el, sent } = await mount([
    row({ status: "succeeded", running: false, pictured: true, actions: [] }),
  ]);
  vi.runOnlyPendingTimers();
  const asked = sent().filter(({ kind }) => kind === "look");
  expect(asked).toMatchObject([{ keys: ["1"] }]);
  const request = asked[0]?.request ?? "";
  const thumbnails = [{ key: "1", of: "picture", data: "data:image/png;base64,AA==" }];
  fake.deliver({ kind: "thumbnails", thumbnails, request });
  vi.runOnlyPendingTimers();

  expect(el.querySelector("img")?.hidden).toBe(false);
  expect(el.querySelector("code")?.textContent).toBe('lumen.show("a1b2c3")');
  expect(sent().filter(({ kind }) => kind === "look").length).toBe(1);
});

test("a mask that the kernel sent unasked is shown before the picture, and not requested", async () => {
  const { fake, el, sent, text } = await mount();
  const data = "data:image/png;base64,AA==";
  fake.deliver({ kind: "thumbnails", request: "", thumbnails: [{ key: "1", of: "mask", data }] });
  fake.deliver({ kind: "rows", sequence: 1, rows: [row({ repaints: 0.123 })] });
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
  expect(looks()).toMatchObject([{ keys: ["1"] }]);
  const data = "data:image/png;base64,AA==";
  const answer = (of: string) =>
    fake.deliver({
      kind: "thumbnails",
      request: looks().at(-1)?.request,
      thumbnails: [{ key: "1", of, data }],
    });
  answer("mask");
  fake.deliver({
    kind: "rows",
    sequence: 1,
    rows: [row({ repaints: 0.0001, status: "succeeded", running: false, pictured: true })],
  });
  vi.runOnlyPendingTimers();
  answer("picture");
  vi.runOnlyPendingTimers();

  expect(looks().length).toBe(2);
  expect([...el.querySelectorAll("img")].map(({ hidden }) => hidden)).toEqual([false, false]);
});

test("few rows have no toolbar, unless the panel is one of every task", async () => {
  const few = await mount();
  const every = await mount([row()], { _toolbar: true });
  const many = await mount(["1", "2", "3", "4"].map((key) => row({ key })));
  const hidden = ({ el }: { el: Element }) =>
    el.querySelector<HTMLElement>(".lumen-tasks-tools")?.hidden;

  expect([few, every, many].map(hidden)).toEqual([true, false, false]);
});

test("stop asks the kernel, and a refusal is shown in the row", async () => {
  const { fake, button, sent, text } = await mount();
  button("Stop watching").click();
  const asked = sent().at(-1);
  expect(asked).toMatchObject({ kind: "act", key: "1", action: "stop" });
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
  expect(paid.sent().filter(({ kind }) => kind === "act").length).toBe(1);
});

test("the language is the trait's, and changes at once", async () => {
  const { fake, text } = await mount();
  fake.set("language", "zh");

  expect(text(".lumen-task-state")).toBe("排队中");
  expect(text("section > header > span")).toBe("Lumen 任务");
});

test("rows are filtered by status and by text, and all are shown again", async () => {
  const rows = [row({ key: "1" }), row({ key: "2", prompt: "an owl" }), { ...FAILED, key: "3" }];
  const { el, button } = await mount(rows, { _toolbar: true });
  const shown = () =>
    [...el.querySelectorAll<HTMLElement>("article")].map(({ dataset }) => dataset.key);
  const pick = (group: string) =>
    el.querySelector<HTMLInputElement>(`input[value=${group}]`)?.click();
  const search = el.querySelector<HTMLInputElement>("input[type=search]");
  if (!search) throw new Error("no search field");

  pick("bad");
  expect(shown()).toEqual(["3"]);
  search.value = "owl";
  search.dispatchEvent(new Event("input"));
  expect(shown()).toEqual([]);
  button("Show all").click();
  expect(shown()).toEqual(["3", "2", "1"]);
});
