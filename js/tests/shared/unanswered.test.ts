import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UnansweredRequests } from "../../shared/unanswered";

interface Content {
  prompt: string;
}

function read({ prompt }: Record<string, unknown>): Content | null {
  return typeof prompt === "string" ? { prompt } : null;
}

const open = (kind = "submit") => new UnansweredRequests<Content>(kind, read);

beforeEach(() => sessionStorage.clear());
afterEach(() => vi.unstubAllGlobals());

test("what is kept is there for the page after a reload, until it is removed", () => {
  expect(open().keep("r1", { prompt: "a fox" })).toBe(true);
  open().keep("r2", { prompt: "an owl" });
  open().remove("r1");

  expect(open().all()).toEqual([{ request: "r2", prompt: "an owl" }]);
  expect(open("again").all()).toEqual([]);
});

test("what is damaged or was written by others is removed, and hides nothing", () => {
  open().keep("fine", { prompt: "a fox" });
  const [key = ""] = Object.keys(sessionStorage);
  const damaged = ["", "{", "null", "7", '"text"', "[]", '{"prompt":7}', '{"__proto__":{}}'];
  for (const [number, text] of damaged.entries())
    sessionStorage.setItem(key.replace("fine", `bad-${number}`), text);
  sessionStorage.setItem(key.replace("fine", ""), '{"prompt":"no id"}');
  sessionStorage.setItem(key.replace("fine", "x".repeat(1000)), '{"prompt":"a long id"}');
  sessionStorage.setItem("another script", "its own");

  expect(open().all()).toEqual([{ request: "fine", prompt: "a fox" }]);
  expect(Object.keys(sessionStorage).sort()).toEqual(["another script", key].sort());
});

test.each([
  ["is full", { length: 0, key: () => null, setItem: () => fail("QuotaExceededError") }],
  ["throws at everything", new Proxy({}, { get: () => fail("SecurityError") })],
  ["is not there", undefined],
])("a storage that %s is no error, and what cannot be kept is said", (_, storage) => {
  vi.stubGlobal("sessionStorage", storage);

  expect(open().keep("r1", { prompt: "a fox" })).toBe(false);
  expect(open().all()).toEqual([]);
  open().remove("r1");
});

function fail(name: string): never {
  throw new DOMException("No.", name);
}
