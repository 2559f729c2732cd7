import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { formModel, PICTURE } from "./fake_form";
import { mount } from "./mount";

beforeEach(() => {
  vi.stubGlobal("URL", {
    canParse: () => true,
    createObjectURL: () => "blob:tile",
    revokeObjectURL: () => {},
  });
});

afterEach(() => vi.unstubAllGlobals());

const result = (key: string, changes = {}) => ({
  key,
  sha256: `sha-${key}`,
  name: `Picture ${key}`,
  width: 64,
  height: 64,
  model: "gpt-image-2-low",
  count: 2,
  ...changes,
});

async function open(changes = {}) {
  const { fake, el, find } = await mount(formModel(changes));
  const shown = (...keys: string[]) =>
    fake.deliver({
      kind: "results",
      pictures: keys.map((key) => result(key)),
      total: keys.length,
    });
  const tiles = () => [...el.querySelectorAll<HTMLElement>("[role=option]")];
  const button = (name: string) =>
    [...el.querySelectorAll("button")].find((one) => one.textContent === name) as HTMLButtonElement;
  const asked = (kind: string) =>
    (fake.sent as { kind: string }[]).filter((message) => message.kind === kind);
  const selected = () => tiles().findIndex((one) => one.getAttribute("aria-selected") === "true");
  return { fake, el, find, shown, tiles, button, asked, selected };
}

test("the strip is there once there is a picture, the newest selected", async () => {
  const { find, shown, tiles, selected } = await open();
  expect(find(".lumen-strip").hidden).toBe(true);
  shown("2", "1");

  expect(find(".lumen-strip").hidden).toBe(false);
  expect(tiles().map((one) => one.textContent)).toEqual(["Picture 2★", "Picture 1★"]);
  expect(selected()).toBe(0);
});

test("a picture that was selected stays it when another comes, and its tile is the same", async () => {
  const { shown, tiles, selected } = await open();
  shown("2", "1");
  tiles()[1]?.click();
  const chosen = tiles()[1];
  shown("3", "2", "1");

  expect(selected()).toBe(2);
  expect(tiles()[2]).toBe(chosen);
  expect(document.activeElement).toBe(chosen);
});

test("arrows go along the strip, and letters act on the picture that is selected", async () => {
  const { shown, tiles, asked, selected } = await open();
  shown("3", "2", "1");
  tiles()[0]?.focus();
  const press = (key: string) =>
    document.activeElement?.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
    );
  press("ArrowRight");
  press("ArrowRight");
  press("ArrowRight");
  press("ArrowLeft");
  press("s");
  press("End");

  expect(selected()).toBe(2);
  expect(asked("picture_action")).toMatchObject([{ action: "save", sha256: ["sha-2"] }]);
});

test("each tile is asked for once, and shown when it is here", async () => {
  const { fake, shown, tiles, asked } = await open();
  shown("2", "1");
  shown("2", "1");
  expect(asked("wants")).toMatchObject([
    { copies: [{ sha256: "sha-2", copy: "tile" }, { sha256: "sha-1" }] },
  ]);
  const copy = { kind: "copy", copy: "tile", media_type: "image/png" };
  fake.deliver({ ...copy, sha256: "sha-1", error: "" }, [new DataView(new ArrayBuffer(4))]);
  fake.deliver({ ...copy, sha256: "sha-2", error: "It is gone." });

  expect(tiles()[1]?.querySelector("img")?.getAttribute("src")).toBe("blob:tile");
  expect(tiles()[0]?.title).toBe("Picture 2: It is gone.");
});

test("pictures that are out of sight are not waited for", async () => {
  vi.useFakeTimers();
  const apart = vi.spyOn(HTMLElement.prototype, "offsetLeft", "get").mockImplementation(function (
    this: HTMLElement,
  ) {
    return 5000 * [...(this.parentElement?.children ?? [])].indexOf(this);
  });
  try {
    const { fake, el, shown, asked } = await open();
    shown("2", "1");
    expect(asked("wants")).toMatchObject([{ copies: [{ sha256: "sha-2" }] }]);
    vi.advanceTimersByTime(5000);
    expect(el.textContent).toContain("The pictures wait for the notebook");
    const copy = { kind: "copy", copy: "tile", media_type: "image/png" };
    fake.deliver({ ...copy, sha256: "sha-2", error: "" }, [new DataView(new ArrayBuffer(4))]);
    vi.advanceTimersByTime(5000);
    expect(el.textContent).not.toContain("The pictures wait for the notebook");
  } finally {
    apart.mockRestore();
    vi.useRealTimers();
  }
});

test("the same again says what it costs at this account, for as many as there were", async () => {
  const { el, shown } = await open({ _host: "lumen.example.org" });
  shown("1");

  expect(el.querySelector(".lumen-actions")?.textContent).toContain(
    "The same again · Costs 0.2 credits",
  );
});

const OFFER = {
  kind: "recall",
  state: "offered",
  name: "Picture 1",
  changes: [
    { field: "prompt", now: "an owl", back: "a fox" },
    { field: "size", now: "1:1", back: "" },
  ],
  fields: [],
  lost: ["The mask does not come back: it was not kept here."],
};

test("the button says what the same again costs, and not where a price would be set", async () => {
  const { el, fake, find } = await open({ _host: "lumen.example.org", _prices: {} });
  fake.deliver({ kind: "results", pictures: [result("1", { model: "constructor" })], total: 1 });

  expect(el.querySelector(".lumen-actions")?.textContent).toMatch(
    /The same again · Costs creditsBring/,
  );
  expect(find(".lumen-cost").textContent).toContain("lumen.prices has no price of");
});

test("what would change is listed, and only what is chosen comes back", async () => {
  const { fake, find, el, button, asked } = await open();
  fake.deliver(OFFER);
  const box = find(".lumen-recall");
  expect(box.textContent).toContain("Bring back the settings of “Picture 1”");
  expect(box.textContent).toContain("an owl");
  expect(box.textContent).toContain("nothing");
  expect(box.textContent).toContain("The mask does not come back");
  const size = el.querySelectorAll<HTMLInputElement>(".lumen-recall input")[1];
  if (size) size.checked = false;
  button("Bring back").click();

  expect(asked("choose")).toEqual([{ kind: "choose", fields: ["prompt"] }]);
});

test("an offer can be left, and one that changes nothing says so", async () => {
  const { fake, find, button, asked } = await open();
  fake.deliver({ ...OFFER, changes: [], lost: [] });
  expect(find(".lumen-recall").textContent).toContain("has these settings already");
  expect(button("Bring back")).toBeUndefined();
  button("Dismiss").click();

  expect(asked("choose")).toEqual([{ kind: "choose", fields: null }]);
});

test("what came back is said with the way to undo it, which keeps the focus", async () => {
  const { fake, find, button, asked } = await open();
  fake.deliver(OFFER);
  button("Bring back").focus();
  fake.deliver({ ...OFFER, state: "done", changes: [], fields: ["prompt", "images"] });
  expect(find(".lumen-recall").textContent).toContain(
    "Brought back from “Picture 1”: Prompt, Reference pictures.",
  );
  expect(document.activeElement).toBe(button("Undo"));
  button("Undo").click();
  fake.deliver({ ...OFFER, state: "undone", changes: [], fields: ["prompt"] });
  button("Bring back again").click();
  fake.deliver({ ...OFFER, state: "", changes: [] });

  expect(asked("undo")).toHaveLength(2);
  expect(find(".lumen-recall").hidden).toBe(true);
});

test("in Chinese, what came back is a list as it is written there", async () => {
  const { fake, find } = await open({ language: "zh" });
  fake.deliver({ ...OFFER, state: "done", changes: [], fields: ["prompt", "images"], lost: [] });

  expect(find(".lumen-recall").textContent).toContain("提示词、参考图片");
});

test("in Chinese, what cannot come back is said in Chinese too", async () => {
  const { fake, find } = await open({ language: "zh" });
  fake.deliver({
    ...OFFER,
    lost: [
      "2 reference pictures do not come back (given by address or as pixels): add it again.",
      "Something new.",
    ],
  });

  expect(find(".lumen-recall-lost").textContent).toContain("有 2 张参考图片无法取回");
  expect(find(".lumen-recall-lost").textContent).toContain("Something new.");
});

test("a dropped picture of ours offers its settings", async () => {
  const { fake, find, asked } = await open();
  const picture = {
    key: "1",
    name: "fox.png",
    width: 8,
    height: 8,
    thumbnail: null,
    error: "",
    ours: "",
  };
  fake.deliver({ kind: "pictures", sequence: 1, images: [picture], mask: null });
  const recall = () =>
    find<HTMLButtonElement>('[aria-label$="one of your pictures: bring its settings back"]');
  expect(recall().hidden).toBe(true);
  const ours = { ...picture, ours: "sha-1" };
  fake.deliver({ kind: "pictures", sequence: 2, images: [ours], mask: null });
  recall().click();

  expect(asked("offer")).toEqual([{ kind: "offer", sha256: "sha-1" }]);
});

test("a preset is saved by name, used, and deleted at the second press", async () => {
  const { fake, find, button, asked } = await open();
  const name = find<HTMLInputElement>("[id$=presets-name]");
  name.value = "  My   fox ";
  button("Save as a preset").click();
  fake.deliver({ kind: "presets", names: ["Another", "My fox"], error: "" });
  expect(find<HTMLSelectElement>("[id$=presets-choice]").value).toBe("My fox");
  expect(find(".lumen-presets").textContent).toContain("Saved as “My fox”.");
  button("Use").click();
  button("Delete").click();
  expect(asked("preset")).toHaveLength(2);
  button("Delete “My fox”?").click();
  fake.deliver({ kind: "presets", names: ["Another"], error: "" });

  expect(asked("preset")).toEqual([
    { kind: "preset", action: "save", name: "My fox" },
    { kind: "preset", action: "apply", name: "My fox" },
    { kind: "preset", action: "delete", name: "My fox" },
  ]);
  expect(find(".lumen-presets").textContent).toContain("“My fox” is deleted.");
});

const DONE = { ...OFFER, state: "done", changes: [], fields: ["prompt"] };
const PRESETS = { kind: "presets", names: ["My fox"], error: "" };

test("a form that is being changed is sent once it is changed, as it is shown then", async () => {
  const { fake, find, el, button, asked, shown } = await open({ prompt: "an owl" });
  const send = () => find<HTMLFormElement>("form").requestSubmit();
  const acted = () => {
    const { request } = asked("picture_action").at(-1) as unknown as { request: string };
    const rest = { repeated: false, target: "", paths: [], python: "", curl: "", error: "" };
    return {
      kind: "picture_acted",
      request,
      sequence: 1,
      action: "reference",
      sha256: [],
      ...rest,
    };
  };
  fake.deliver(OFFER);
  fake.deliver(PRESETS);
  shown("1");
  const steps: [string, () => object][] = [
    ["Bring back", () => DONE],
    ["Undo", () => ({ ...DONE, state: "undone" })],
    ["Use", () => PRESETS],
    ["Use as reference", acted],
  ];
  for (const [index, [name, answer]] of steps.entries()) {
    const pressed = [...el.querySelectorAll("button")].find((one) => one.textContent === name);
    (pressed ?? button(name)).click();
    send();
    await Promise.resolve();
    expect(asked("submit")).toHaveLength(index);
    fake.set("prompt", `changed ${index}`);
    fake.deliver(answer());
    await vi.waitFor(() => expect(asked("submit")).toHaveLength(index + 1));
    const { request, fields } = asked("submit")[index] as unknown as {
      request: string;
      fields: { field: string; value: unknown }[];
    };
    expect(fields.find(({ field }) => field === "prompt")?.value).toBe(`changed ${index}`);
    fake.deliver({
      kind: "answer",
      sequence: index + 1,
      request,
      taken: true,
      repeated: false,
      errors: [],
    });
    await vi.waitFor(() =>
      expect(find(".lumen-primary").getAttribute("aria-disabled")).toBe("false"),
    );
  }
});

const press = (key: string, on: Element | null = document.activeElement) =>
  on?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

test("Enter or a double click shows a picture large, arrows go on, and Escape goes back", async () => {
  const { find, shown, tiles, selected, asked } = await open();
  shown("3", "2", "1");
  tiles()[0]?.focus();
  press("Enter");
  const large = find(".lumen-large");
  expect(large.hidden).toBe(false);
  expect(document.activeElement).toBe(find(".lumen-large-stage"));
  press("ArrowRight");
  expect(selected()).toBe(1);
  expect(large.textContent).toContain("2 of 3");
  expect(document.activeElement).toBe(find(".lumen-large-stage"));
  press("r");
  expect(asked("picture_action")).toMatchObject([{ action: "reference", sha256: ["sha-2"] }]);
  press("Escape");
  expect(large.hidden).toBe(true);
  expect(document.activeElement).toBe(tiles()[1]);
  tiles()[2]?.click();
  tiles()[2]?.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
  expect(large.textContent).toContain("3 of 3");
});

test("what is extended from the strip goes on in the fields for it", async () => {
  const { fake, find, shown, tiles, asked } = await open();
  shown("1");
  fake.deliver({
    kind: "pictures",
    sequence: 1,
    images: [{ ...PICTURE, key: "1", name: "fox.png" }],
    mask: null,
  });
  tiles()[0]?.focus();
  press("e");
  const [{ request }] = asked("picture_action") as never as [{ request: string }];
  const acted = { kind: "picture_acted", sequence: 1, action: "extend", sha256: ["sha-1"] };
  const rest = { repeated: false, target: "", paths: [], python: "", curl: "", next_step: "" };
  fake.deliver({ ...acted, ...rest, request, error: "" });

  await vi.waitFor(() => expect(find(".lumen-extend").contains(document.activeElement)).toBe(true));
});

test("what is compared from the strip stands below the form, and the focus comes back", async () => {
  const { fake, find, shown, tiles, asked, button } = await open();
  shown("1");
  tiles()[0]?.focus();
  press("v");
  const [{ request }] = asked("picture_action") as never as [{ request: string }];
  fake.set("compare", "anywidget:compare");
  const acted = { kind: "picture_acted", sequence: 1, action: "compare", sha256: ["sha-1"] };
  const rest = { repeated: false, target: "", paths: [], python: "", curl: "", next_step: "" };
  fake.deliver({ ...acted, ...rest, request, error: "" });
  const place = () => button("Close the comparison").closest<HTMLElement>(".lumen-child");
  await vi.waitFor(() => expect(place()?.contains(document.activeElement)).toBe(true));
  expect(place()?.hidden).toBe(false);
  button("Close the comparison").click();
  fake.set("compare", null);

  expect(asked("close_compare")).toHaveLength(1);
  expect(place()?.hidden).toBe(true);
  expect(document.activeElement).toBe(tiles()[0]);
  expect(find(".lumen-strip [role=status]").textContent).toBe("");
});

test("Escape leaves what is offered, and the form as it is", async () => {
  const { fake, find, asked } = await open();
  fake.deliver(OFFER);
  press("Escape", find(".lumen-recall input"));

  expect(asked("choose")).toEqual([{ kind: "choose", fields: null }]);
});

test("what was sent is said beside the prompt, and then that its pictures are here", async () => {
  const { fake, find, shown, tiles, selected, asked } = await open({ prompt: "a fox" });
  const said = () => find(".lumen-prompt-form .lumen-aside").textContent;
  shown("2", "1");
  tiles()[1]?.click();
  find<HTMLTextAreaElement>(".lumen-prompt").focus();
  find("form").dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(asked("submit")).toHaveLength(1));
  const [{ request }] = asked("submit") as never as [{ request: string }];
  fake.deliver({ kind: "answer", request, sequence: 2, errors: [], taken: true, repeated: false });
  await vi.waitFor(() => expect(said()).toContain("Sent: it is in the list below."));
  expect(selected()).toBe(1);
  shown("3", "2", "1");

  expect(said()).toContain("New pictures are here.");
  expect(selected()).toBe(0);
});

test("what was sent and has failed says so and why, until the next is sent", async () => {
  const { fake, find, asked } = await open({ prompt: "a fox" });
  const said = () => find(".lumen-prompt-form .lumen-aside").textContent;
  const status = () => find(".lumen-form-state").textContent;
  find<HTMLTextAreaElement>(".lumen-prompt").focus();
  const send = async (count: number, before: (request: string) => void = () => {}) => {
    find("form").dispatchEvent(new Event("submit", { cancelable: true }));
    await vi.waitFor(() => expect(asked("submit")).toHaveLength(count));
    const { request } = asked("submit").at(-1) as never as { request: string };
    before(request);
    const answer = { kind: "answer", request, sequence: count + 1, errors: [] };
    fake.deliver({ ...answer, taken: true, repeated: false });
    return request;
  };
  const stands = (request: string, state: string, reason = "") =>
    fake.deliver({ kind: "awaited", request, state, reason });

  const request = await send(1);
  await vi.waitFor(() => expect(said()).toContain("Sent: it is in the list below."));
  stands(request, "running", "The service asks to wait.");
  expect(status()).toBe("Sent: it is in the list below.");
  stands(request, "ended", "The task failed: Busy. Submit it again.");
  expect(status()).toBe("No picture came. The task failed: Busy. Submit it again.");
  expect(said()).toContain("No picture came");
  const next = await send(2);
  await vi.waitFor(() => expect(status()).toBe("Sent: it is in the list below."));
  // of the one before: no news
  stands(request, "ended", "The task failed.");
  expect(status()).toBe("Sent: it is in the list below.");
  stands(next, "", "");
  // so quick that the answer comes after it
  await send(3, (quick) => stands(quick, "ended", "Over the budget."));

  await vi.waitFor(() => expect(status()).toBe("No picture came. Over the budget."));
});

test("in any language, a picture is named as the kernel names it", async () => {
  for (const language of ["en", "zh"]) {
    const { fake, find, tiles } = await open({ language });
    fake.deliver({ kind: "results", pictures: [result("1", { name: "[1] 狐狸" })], total: 1 });

    expect(tiles()[0]?.title).toBe("[1] 狐狸");
    expect(find(".lumen-result-name").textContent).toBe("[1] 狐狸");
  }
});

test("settings that come back are offered below all else in the form: nothing moves for them", async () => {
  const { find, shown } = await open();
  shown("1");

  expect(find("form").lastElementChild?.contains(find(".lumen-recall"))).toBe(true);
});
