import type { Experimental, Host } from "@anywidget/types";
import { expect, test } from "vitest";
import type { TaskPanelModel } from "../messages";
import widget, { clockTime } from "../task_panel";
import { fill, wordsFor } from "../words";
import { FakeModel } from "./fake_model";
import { row } from "./row";

async function mount(rows = [row()]) {
  const fake = new FakeModel<TaskPanelModel & Record<string, unknown>>({
    _account: "Sandbox",
    _rows: rows,
  });
  const model = fake.model as never;
  const ending = new AbortController();
  const el = document.createElement("div");
  const experimental = {} as Experimental;
  const host = {} as Host;
  const definition = typeof widget === "function" ? await widget() : widget;
  await definition.initialize?.({ model, signal: ending.signal, experimental });
  await definition.render?.({ model, el, signal: ending.signal, host, experimental });
  const text = (selector: string) => el.querySelector(selector)?.textContent;
  return { fake, el, ending, text };
}

test("a panel names the account, the state and the prompt", async () => {
  const { text } = await mount();

  expect(text(".lumen-tasks-account")).toBe("Sandbox");
  expect(text(".lumen-task-state")).toBe("Queued");
  expect(text(".lumen-task-prompt")).toBe("a cute cat");
});

test("a change of state is shown and announced, a failure assertively and with what to do", async () => {
  const { fake, text } = await mount();
  fake.deliver({ kind: "rows", sequence: 1, rows: [row({ status: "processing" })] });
  expect(text(".lumen-task-state")).toBe("Processing");
  expect(text("[role=status]")).toBe("Processing: a cute cat");

  const error = { message: "The model failed.", next_step: "Try again." };
  fake.deliver({
    kind: "rows",
    sequence: 2,
    rows: [row({ status: "failed", running: false, error })],
  });
  expect(text(".lumen-task-error")).toBe("The model failed. Try again.");
  expect(text("[role=alert]")).toBe("Failed: a cute cat");
});

test("what comes from outside is text, never markup", async () => {
  const evil = '<img src=x onerror="alert(1)">';
  const { el } = await mount([
    row({ prompt: evil, id: evil, status: evil, error: { message: evil, next_step: evil } }),
  ]);

  expect(el.querySelectorAll("img:not(.lumen-task-thumbnail)").length).toBe(0);
  expect(el.querySelector(".lumen-task-prompt")?.textContent).toBe(evil);
});

test("a view asks for every row when it appears, and says so when it goes", async () => {
  const { fake, ending } = await mount();
  ending.abort();

  expect(fake.sent).toMatchObject([{ kind: "hello" }, { kind: "bye" }]);
  expect(fake.listenerCount("msg:custom")).toBe(0);
  expect(fake.listenerCount("change:_account")).toBe(0);
});

test("a picture that arrived is shown small, with the line that shows it whole", async () => {
  const { el, text } = await mount([
    row({ status: "succeeded", running: false, thumbnail: "data:image/png;base64,AA==" }),
  ]);

  expect(el.querySelector("img")?.hidden).toBe(false);
  expect(text("code")).toBe('lumen.show("a1b2c3")');
});

test("elapsed time reads as a clock", () => {
  expect([0, 9.9, 61, 3600].map(clockTime)).toEqual(["0:00", "0:09", "1:01", "60:00"]);
});

test("every language has every sentence, with the same places to fill", () => {
  const english = wordsFor("en-GB");
  const chinese = wordsFor("zh-TW");
  const places = (sentence: string) => [...sentence.matchAll(/\{\w+\}/g)].map(String).sort();

  expect(Object.keys(chinese)).toEqual(Object.keys(english));
  for (const [name, sentence] of Object.entries(english)) {
    expect(places(chinese[name as keyof typeof chinese])).toEqual(places(sentence));
  }
  expect(fill(english.announce, { state: "Failed", prompt: "x" })).toBe("Failed: x");
});
