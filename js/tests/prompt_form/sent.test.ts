import { beforeEach, expect, test, vi } from "vitest";
import type { SubmitMessage } from "../../prompt_form/messages";
import { type FakeForm, formModel, PICTURE } from "./fake_form";
import { mount } from "./mount";

beforeEach(() => sessionStorage.clear());

/** A page that shows a form, and what is done with it. */
async function open(fake: FakeForm = formModel({ prompt: "a fox" })) {
  const page = await mount(fake);
  const submits = () =>
    fake.sent.filter((one) => (one as { kind: string }).kind === "submit") as SubmitMessage[];
  const click = async () => {
    const before = submits().length;
    page.find<HTMLFormElement>("form").dispatchEvent(new Event("submit", { cancelable: true }));
    await vi.waitFor(() => expect(submits().length).toBe(before + 1));
    return submits().at(-1) as SubmitMessage;
  };
  const hello = fake.sent[0] as { request: string; unanswered: unknown[] };
  const greet = (lost: string[] = []) =>
    fake.deliver({
      kind: "form",
      sequence: 1,
      request: hello.request,
      images: [],
      mask: null,
      errors: [],
      earlier: [],
      lost,
    });
  const answer = async (request: string, fields: object = {}) => {
    fake.deliver({
      kind: "answer",
      sequence: 2,
      request,
      taken: true,
      repeated: false,
      errors: [],
      ...fields,
    });
    // what waits for the answer goes on
    await vi.waitFor(() =>
      expect(page.find(".lumen-primary").getAttribute("aria-disabled")).toBe("false"),
    );
  };
  const type = (prompt: string) => {
    const box = page.find<HTMLTextAreaElement>(".lumen-prompt");
    box.value = prompt;
    box.dispatchEvent(new Event("input"));
  };
  const press = (label: string) =>
    [...page.el.querySelectorAll("button")].find((one) => one.textContent === label)?.click();
  const notice = () => page.find(".lumen-sent").textContent ?? "";
  return { ...page, click, hello, greet, answer, type, press, notice };
}

test("what was sent and not answered is shown after a reload, and not sent by itself", async () => {
  const first = await open();
  const { request } = await first.click();
  first.ending.abort();
  const second = await open();

  expect(second.notice()).toContain("a fox");
  expect(second.notice()).toContain("waits for the notebook");
  expect(second.hello.unanswered).toEqual([{ request, form: "form-1" }]);
  expect(second.submits()).toBe(0);
});

test("a note of what was sent says that nothing more is sent without a click", async () => {
  for (const language of ["en", "zh"]) {
    sessionStorage.clear();
    await (await open(formModel({ language, prompt: "a fox" }))).click();
    const second = await open(formModel({ language, prompt: "a fox" }));
    const told = language === "en" ? "Nothing more is sent without a click" : "不点击就不会再发送";

    expect(second.notice()).toContain(told);
    second.type("an owl");
    expect(second.notice()).toContain(told);
  }
});

test("the same submit, clicked again after any number of reloads, goes under the same id", async () => {
  const { request } = await (await open()).click();
  await open();
  const third = await open();
  const again = await third.click();
  await third.answer(request, { repeated: true });

  third.greet();
  expect(again.request).toBe(request);
  expect(third.find(".lumen-form-state").textContent).toContain("Not sent again");
  expect((await third.click()).request).not.toBe(request);
});

test("an answer that comes after the reload removes it, and one click more pays nothing yet", async () => {
  const { request } = await (await open()).click();
  const second = await open();
  await second.answer(request, { repeated: true });
  second.greet();

  expect(second.notice()).toContain("it is in the list");
  expect(sessionStorage.length).toBe(0);
  expect((await second.click()).request).toBe(request);
});

test("an answered submit is kept no longer", async () => {
  const page = await open();
  const { request } = await page.click();
  expect(sessionStorage.length).toBe(1);
  await page.answer(request);

  expect(sessionStorage.length).toBe(0);
  expect((await open()).notice()).toBe("");
});

test("a submit of other fields is another one", async () => {
  const { request } = await (await open()).click();
  const second = await open();
  second.type("an owl");

  expect((await second.click()).request).not.toBe(request);
  expect(second.notice()).toContain("a fox");
  second.press("Put it back into the form");
  expect(second.find<HTMLTextAreaElement>(".lumen-prompt").value).toBe("a fox");
});

test("what a repaint wants is kept with a submit, put back, and makes it another one", async () => {
  const wanted = { exact: false, crop: 0.25, left: 64, top: 0, right: 0, bottom: 32 };
  const { request } = await (await open(formModel({ prompt: "a fox", ...wanted }))).click();
  const second = await open();
  expect((await second.click()).request).not.toBe(request);
  const third = await open();
  third.press("Put it back into the form");
  const again = await third.click();

  expect(again.request).toBe(request);
  const values = Object.fromEntries(again.fields.map(({ field, value }) => [field, value]));
  expect(values).toMatchObject(wanted);
});

test("a submit that was kept before a page knew of repaints' wishes is still the same one", async () => {
  const { request } = await (await open()).click();
  const [key = "", text = ""] = Object.entries(sessionStorage)[0] ?? [];
  const kept = JSON.parse(text);
  const old = ["prompt", "negative_prompt", "model", "n", "size", "resolution", "quality"];
  kept.fields = kept.fields.filter(({ field }: { field: string }) =>
    [...old, "webhook_url"].includes(field),
  );
  sessionStorage.setItem(key, JSON.stringify(kept));

  expect((await (await open()).click()).request).toBe(request);
});

test("a submit with other pictures is another one", async () => {
  const { request } = await (await open()).click();
  const second = await open();
  second.fake.deliver({ kind: "pictures", sequence: 1, images: [PICTURE], mask: null });
  second.find<HTMLButtonElement>("[aria-label='Remove fox.png']").click();

  expect((await second.click()).request).not.toBe(request);
});

test("what is not wanted any more can be forgotten", async () => {
  const { request } = await (await open()).click();
  const second = await open();
  second.press("Forget it");

  expect(second.notice()).toBe("");
  expect(sessionStorage.length).toBe(0);
  expect((await second.click()).request).not.toBe(request);
});

test("a duplicated tab, whose storage is a copy, sends under the same id", async () => {
  const first = await open();
  const { request } = await first.click();
  const copy = { ...sessionStorage };
  await first.answer(request);
  for (const [key, value] of Object.entries(copy)) sessionStorage.setItem(key, value);

  expect((await (await open()).click()).request).toBe(request);
});

test("a form of a new kernel has what an earlier form of its notebook sent", async () => {
  const { request } = await (await open()).click();
  const later = { _form: "form-2" };
  const rerun = await open(formModel({ ...later, prompt: "" }));
  expect(rerun.hello.unanswered).toEqual([{ request, form: "form-1" }]);
  expect(rerun.notice()).toBe("");
  rerun.greet([request]);
  expect(rerun.notice()).toContain("a fox");
  rerun.press("Put it back into the form");

  expect((await rerun.click()).request).toBe(request);
});

test("a submit whose kernel is gone before it answered is kept for the form of the next one", async () => {
  const first = await open();
  const { request } = await first.click();
  first.fake.tell("comm_live_update");
  await vi.waitFor(() => expect(first.find(".lumen-form-state").textContent).toBe(""));
  first.ending.abort();
  const rerun = await open(formModel({ _form: "form-2", prompt: "a fox" }));
  rerun.greet([request]);

  expect(rerun.notice()).toContain("a fox");
  expect((await rerun.click()).request).toBe(request);
});

test("what could not be sent is not said to be sent, and what was sent before stays", async () => {
  const gone = await open();
  gone.fake.dead = true;
  gone.find<HTMLFormElement>("form").dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(gone.el.textContent).toContain("is gone: nothing was sent"));
  expect(sessionStorage.length).toBe(0);
  await (await open()).click();
  const later = await open();
  later.fake.dead = true;
  later.find<HTMLFormElement>("form").dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(later.el.textContent).toContain("is gone"));

  expect(sessionStorage.length).toBe(1);
});

test("a form that still waits in the same kernel keeps what it sent", async () => {
  const { request } = await (await open()).click();
  const other = await open(formModel({ _form: "form-2", prompt: "a fox" }));
  other.greet([]);

  expect(other.notice()).toBe("");
  expect((await other.click()).request).not.toBe(request);
});

test.each([{ _notebook: "notebook-2" }, { _host: "lumen.example.org" }])(
  "a form of another notebook or account shows nothing of it: %o",
  async (other) => {
    await (await open()).click();
    const page = await open(formModel({ _form: "form-2", prompt: "a fox", ...other }));

    expect(page.hello.unanswered).toEqual([]);
    expect(page.notice()).toBe("");
  },
);

test("neither the secret nor the extra fields are kept", async () => {
  const page = await open(formModel({ prompt: "a fox", _extra_text: '{"seed": "hush"}' }));
  page.find<HTMLInputElement>("input[type=password]").value = "hush";
  await page.click();

  expect(JSON.stringify({ ...sessionStorage })).toContain("a fox");
  expect(JSON.stringify({ ...sessionStorage })).not.toContain("hush");
});

test("a browser that keeps nothing sends all the same, and says what a reload would do", async () => {
  vi.stubGlobal("sessionStorage", undefined);
  const page = await open();
  await page.click();
  vi.unstubAllGlobals();

  expect(page.find(".lumen-form-state").textContent).toContain("Do not reload");
});

test("what others wrote into the storage is text on one line, or is removed", async () => {
  await (await open(formModel({ prompt: "evil" }))).click();
  const [key = "", text = ""] = Object.entries(sessionStorage)[0] ?? [];
  const evil = "<img src=x>\u001b[31m\u202e\u2066xof";
  sessionStorage.setItem(key, text.replace('"evil"', JSON.stringify(evil)));
  sessionStorage.setItem(`${key}-2`, text.replace('"evil"', "7"));
  sessionStorage.setItem(`${key}-3`, text.replace('"n","value":null', '"n","value":"many"'));
  sessionStorage.setItem(`${key}-4`, text.replace(/"fields":.*/, '"fields":[null]}'));
  const page = await open(formModel({ prompt: "a fox" }));

  expect(page.find(".lumen-sent q").textContent).toBe("<img src=x>[31mxof");
  expect(page.el.querySelector("img")).toBeNull();
  expect(Object.keys(sessionStorage)).toEqual([key]);
});

test("the notice speaks the form's language", async () => {
  await (await open()).click();
  const page = await open(formModel({ prompt: "a fox", language: "zh" }));

  expect(page.notice()).toContain("正在等待笔记本");
});

test("with another picture, which a gallery gave the form, the same words are another submit", async () => {
  const { request } = await (await open()).click();
  const second = await open();
  second.greet();
  second.fake.deliver({
    kind: "pictures",
    sequence: 2,
    images: [PICTURE],
    mask: null,
    painted: null,
    chosen: null,
  });

  expect((await second.click()).request).not.toBe(request);
});
