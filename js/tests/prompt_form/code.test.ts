import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AsCodeMessage } from "../../prompt_form/messages";
import { PICTURE } from "./fake_form";
import { mount } from "./mount";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

async function open() {
  const mounted = await mount();
  const { fake, find } = mounted;
  const section = find<HTMLDetailsElement>(".lumen-as-code");
  const fold = (unfolded: boolean) => {
    section.open = unfolded;
    section.dispatchEvent(new Event("toggle"));
  };
  const questions = () =>
    fake.sent.filter((one) => (one as AsCodeMessage).kind === "as_code") as AsCodeMessage[];
  const answer = async (python: string) => {
    const { request } = questions().at(-1) as AsCodeMessage;
    fake.deliver({ kind: "code", request, python, curl: `curl ${python}` });
    await vi.advanceTimersByTimeAsync(0);
  };
  return { ...mounted, fold, questions, answer, code: () => find(".lumen-code").textContent };
}

test("code is asked for while it is shown, with what the page's fields hold", async () => {
  const { fake, fold, questions, answer, code, find } = await open();
  fake.set("prompt", "a fox");
  await vi.advanceTimersByTimeAsync(1000);
  expect(questions()).toEqual([]);
  fold(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(questions().at(-1)?.fields).toContainEqual({ field: "prompt", value: "a fox" });
  await answer("lumen.generate()");
  expect(code()).toBe("lumen.generate()");

  const curl = find<HTMLInputElement>(".lumen-code-head input[value=curl]");
  curl.checked = true;
  curl.dispatchEvent(new Event("change"));
  expect(code()).toBe("curl lumen.generate()");
  fold(false);
  fake.set("prompt", "an owl");
  await vi.advanceTimersByTimeAsync(1000);
  expect(questions().length).toBe(1);
  fold(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(questions().length).toBe(2);
});

test("while the kernel is busy the section says so, asks once, and copies nothing old", async () => {
  const { fake, fold, questions, answer, find } = await open();
  const copied = vi.fn(async () => {});
  vi.stubGlobal("navigator", { language: "en", clipboard: { writeText: copied } });
  fold(true);
  await vi.advanceTimersByTimeAsync(0);
  await answer("one");
  const copy = find<HTMLButtonElement>(".lumen-code-head .lumen-copy");
  copy.click();
  expect(copied).toHaveBeenLastCalledWith("one");
  for (const letter of "a fox") {
    fake.set("prompt", letter);
    await vi.advanceTimersByTimeAsync(300);
  }
  expect(questions().length).toBe(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(find(".lumen-code-status").textContent).toContain("Waits for the notebook");
  expect(copy.getAttribute("aria-disabled")).toBe("true");
  copy.click();
  expect(copied).toHaveBeenCalledTimes(1);

  await answer("of the first letter");
  expect(copy.getAttribute("aria-disabled")).toBe("true");
  await vi.advanceTimersByTimeAsync(300);
  await answer("of all");
  expect(find(".lumen-code-status").textContent).toBe("");
  copy.click();
  expect(copied).toHaveBeenLastCalledWith("of all");
  vi.unstubAllGlobals();
});

test("pictures that change make other code, and a kernel that is gone makes none", async () => {
  const { fake, fold, questions, answer, find } = await open();
  fold(true);
  await vi.advanceTimersByTimeAsync(0);
  await answer("one");
  fake.deliver({ kind: "pictures", sequence: 1, images: [PICTURE], mask: null });
  await vi.advanceTimersByTimeAsync(300);
  expect(questions().length).toBe(2);
  fake.tell("comm_live_update");
  await vi.advanceTimersByTimeAsync(0);

  expect(find(".lumen-code-status").textContent).toBe("The kernel that writes it is gone.");
});

test("a view that is gone asks no more", async () => {
  const { fake, fold, questions, ending } = await open();
  fold(true);
  await vi.advanceTimersByTimeAsync(0);
  ending.abort();
  fake.set("prompt", "a fox");
  await vi.advanceTimersByTimeAsync(1000);

  expect(questions().length).toBe(1);
});
