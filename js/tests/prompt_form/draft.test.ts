import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Draft } from "../../prompt_form/draft";
import { connect } from "../shared/fake_model";
import { formModel } from "./fake_form";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function draftOf(fake = formModel()) {
  const ending = new AbortController();
  return { fake, ending, draft: new Draft(fake.model as never, connect(fake), ending.signal) };
}

test("what is typed reaches the kernel once, a moment after the last key", () => {
  const { fake, draft } = draftOf();
  draft.edit("prompt", "a");
  draft.edit("prompt", "a fox");
  expect(fake.get("prompt")).toBe("");
  vi.advanceTimersByTime(300);

  expect(fake.get("prompt")).toBe("a fox");
  expect(fake.saves).toBe(1);
});

test("an echo of what was typed before does not replace what is typed now", () => {
  const { fake, draft } = draftOf();
  draft.edit("prompt", "a fox in");
  fake.set("prompt", "a fo");

  expect(draft.text("prompt")).toBe("a fox in");
});

test("an assignment from Python shows, and listeners are notified of every key", () => {
  const { fake, draft, ending } = draftOf();
  const changes: string[] = [];
  draft.listen((name) => changes.push(`${name}: ${draft.text(name)}`), ending.signal);
  fake.set("size", "16:9");
  draft.edit("prompt", "a");

  expect(changes).toEqual(["size: 16:9", "prompt: a"]);
});

test("a key that is pasted is in no field, and its words are not lost", () => {
  const { fake, draft } = draftOf();
  const cut: string[] = [];
  draft.keyCut = (name) => cut.push(`${name}: ${draft.text(name)}`);
  draft.edit("prompt", "a fox sk-lumen-0123456789abcdef in snow");
  draft.edit("model", "påsk-dekorationer in Gdańsk-Wrzeszcz-Oliwa, Gdan\u0301sk-Wrzeszcz-Oliwa");
  draft.edit("_extra_text", '{"note": "mine:\\nsk-lumen-0123456789abcdef"}');
  draft.edit("webhook_url", "https://example.org/sk-lumen-0123456789abcdef");
  draft.edit("negative_prompt", " a task-force in a risk-free world ");
  vi.advanceTimersByTime(300);

  expect(cut).toEqual(["prompt: a fox in snow", '_extra_text: {"note": "mine:\\n"}']);
  for (const before of [
    "\\u5bc6",
    "\\u043a",
    "\\u00a0",
    "%20",
    "%3D",
    "%253D",
    "&nbsp;",
    "&#160;",
    "&#x5bc6;",
  ]) {
    draft.edit("_extra_text", `{"note": "${before}sk-lumen-0123456789abcdef"}`);
    expect(draft.text("_extra_text")).toBe(`{"note": "${before}"}`);
  }
  draft.edit("_extra_text", '"Gda\\u0144sk-Wrzeszcz-Oliwa P\\u00e5sk-dekorationer"');
  expect(draft.text("_extra_text")).toContain("0144sk-Wrzeszcz-Oliwa P\\u00e5sk-dekorationer");
  const escaped = "Gda&#324;sk-Wrzeszcz-Oliwa Gda&#x144;sk-Wrzeszcz-Oliwa p&aring;sk-dekorationer";
  draft.edit("_extra_text", escaped);
  expect(draft.text("_extra_text")).toBe(escaped);
  expect(fake.get("prompt")).toBe("a fox in snow");
  expect(fake.get("model")).toMatch(/^påsk-dekorationer in Gdańsk-Wrzeszcz-Oliwa, .*-Oliwa$/);
  expect(fake.get("negative_prompt")).toBe(" a task-force in a risk-free world ");
  expect(fake.get("webhook_url")).toContain("sk-lumen-0123456789abcdef");
});

test("an empty text leaves a field out, and a number is a number", () => {
  const { draft } = draftOf(formModel({ size: "16:9" }));
  draft.edit("size", "");
  draft.edit("n", "3");
  const values = Object.fromEntries(draft.fields.map(({ field, value }) => [field, value]));

  expect(values).toMatchObject({ size: null, n: 3, prompt: "", _extra_text: "" });
});

test("the sides of a picture are set together, and only those that differ are sent", () => {
  const { fake, draft } = draftOf(formModel({ top: 8 }));
  expect(draft.extends).toBe(true);
  draft.setSides({ left: 64, top: 8, right: 0, bottom: 0 });
  window.dispatchEvent(new Event("pagehide"));

  expect(fake.sent).toEqual([{ kind: "typed", fields: [{ field: "left", value: 64 }] }]);
});

test("a page that is closed sends what was typed, and nothing else", () => {
  const { fake, draft } = draftOf();
  draft.edit("prompt", "the last word");
  window.dispatchEvent(new Event("pagehide"));

  expect(fake.sent).toEqual([
    { kind: "typed", fields: [{ field: "prompt", value: "the last word" }] },
  ]);
});

test("a draft whose model was removed has no listeners", () => {
  const { fake, draft, ending } = draftOf();
  draft.edit("prompt", "a");
  ending.abort();
  vi.advanceTimersByTime(1000);
  window.dispatchEvent(new Event("pagehide"));

  expect(fake.saves).toBe(0);
  expect(fake.sent).toEqual([]);
  expect(fake.listenerCount("change:prompt")).toBe(0);
});
