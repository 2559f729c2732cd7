import { beforeEach, expect, test, vi } from "vitest";
import type { SubmitMessage } from "../../prompt_form/messages";
import type { PainterExports } from "../../shared/painter_exports";
import { NO_SIDES, type Sides } from "../../shared/side_numbers";
import { formModel, PICTURE } from "./fake_form";
import { mount } from "./mount";

const MASK = { ...PICTURE, key: "9", name: "MaskPainter", coverage: 0 };
const CHOSEN = {
  model: "fal-flux-pro-fill",
  instead_of: "gpt-image-2-low",
  cannot: "repaint",
} as const;
const SINCE = "Model is now fal-flux-pro-fill, since gpt-image-2-low cannot repaint.";

beforeEach(() => sessionStorage.clear());

/** A form with two pictures, and a painter that the test works; `first` is what the page finds. */
async function open(first: object = {}) {
  const listeners = { step: new Set<() => void>(), sides: new Set<(sides: Sides) => void>() };
  const shown: Readonly<Sides>[] = [];
  const painter: PainterExports = {
    painting: () => "p",
    onStep: (listener) => listeners.step.add(listener),
    onSides: (listener) => listeners.sides.add(listener),
    setSides: (sides) => shown.push(sides),
    focus: (el) => (el.firstElementChild as HTMLElement).focus(),
  };
  const page = await mount(formModel({ prompt: "a fox" }), undefined, painter);
  const { fake, el, find } = page;
  let sequence = 0;
  const pictures = (changes: object = {}) => {
    sequence += 1;
    const images = [PICTURE, { ...PICTURE, key: "2", name: "dog.png" }];
    const state = { images, mask: null, painted: null, chosen: null, ...changes };
    fake.deliver({ kind: "pictures", sequence, ...state });
  };
  pictures(first);
  const button = (label: string, within: HTMLElement = find(".lumen-form")) =>
    [...within.querySelectorAll("button")].find(
      (one) => (one.getAttribute("aria-label") ?? one.textContent) === label,
    ) as HTMLButtonElement;
  const press = (label: string) => {
    button(label).focus();
    button(label).click();
  };
  /** Has the painter opened on the second picture, as the kernel does. */
  const opened = async (mask: object = MASK) => {
    fake.set("model", CHOSEN.model);
    fake.set("painter", "anywidget:painter");
    pictures({ mask, painted: { key: "2", own: true, painting: "p" }, chosen: CHOSEN });
    await vi.waitFor(() => expect(el.textContent).toContain("the painter"));
  };
  const answer = (error = "") => {
    const { request } = fake.sent.find(
      (one) => (one as { kind: string }).kind === "paint",
    ) as never as { request: string };
    fake.deliver({ kind: "opened", request, error });
  };
  const rows = () => [...el.querySelectorAll(".lumen-picture")].map((row) => row.textContent);
  const status = () => find(".lumen-form-state").textContent;
  const place = find(".lumen-form-painter");
  return {
    ...page,
    listeners,
    shown,
    pictures,
    button,
    press,
    opened,
    answer,
    rows,
    status,
    place,
  };
}

test("the button asks once, says that it waits, and leads into the painter", async () => {
  const { kinds, press, button, opened, answer, rows, status, place } = await open();
  vi.useFakeTimers();
  press("Paint on dog.png");
  press("Paint on dog.png");
  expect(kinds().filter((kind) => kind === "paint")).toHaveLength(1);
  expect(rows()[1]).toContain("Opening the painter…");
  expect(button("Paint on dog.png").getAttribute("aria-disabled")).toBe("true");
  vi.advanceTimersByTime(500);
  vi.useRealTimers();
  expect(status()).toContain("Waiting for the notebook");
  expect(place.hidden).toBe(true);

  await opened();
  answer();
  await vi.waitFor(() => expect(document.activeElement?.textContent).toBe("the painter"));
  expect(place.hidden).toBe(false);
  expect(place.textContent).toContain("Painting on dog.png");
  expect(button("Paint on dog.png").getAttribute("aria-expanded")).toBe("true");
  expect(rows()[0]).toContain("Left out");
  expect(rows()[1]).toContain("is repainted");
});

test("a painter that code opens takes no focus", async () => {
  const { opened, find } = await open();
  find(".lumen-prompt").focus();
  await opened();

  expect(document.activeElement).toBe(find(".lumen-prompt"));
});

test("a picture that cannot be painted on is named with the reason", async () => {
  const { press, button, answer, status } = await open();
  press("Paint on dog.png");
  answer("It is no picture.");

  await vi.waitFor(() => expect(status()).toBe("dog.png cannot be painted on: It is no picture."));
  expect(button("Paint on dog.png").getAttribute("aria-disabled")).toBe("false");
});

test("the model that was chosen is said aloud and beside the model, and taken back", async () => {
  const { opened, fake, find, press, status, pictures } = await open();
  await opened();
  expect(status()).toBe(SINCE);
  expect(find(".lumen-model").textContent).toContain(SINCE);
  press("Undo");
  expect(find<HTMLSelectElement>(".lumen-model select").value).toBe("gpt-image-2-low");
  expect(find(".lumen-model").textContent).not.toContain("since");
  await vi.waitFor(() => expect(fake.get("model")).toBe("gpt-image-2-low"));
  pictures({ mask: MASK, painted: { key: "2", own: true, painting: "p" } });

  expect(find(".lumen-model").textContent).not.toContain("since");
});

test("a page that is loaded announces no model of before", async () => {
  const fake = formModel({ model: CHOSEN.model });
  const { find } = await mount(fake);
  const state = { images: [PICTURE], mask: MASK, painted: { key: "1", own: true, painting: "p" } };
  fake.deliver({ kind: "pictures", sequence: 1, ...state, chosen: CHOSEN });

  expect(find(".lumen-form-state").textContent).toBe("");
  expect(find(".lumen-model").textContent).toContain(SINCE);
});

test("the mask says that it is painted here, how much, and what can be done", async () => {
  const { opened, pictures, rows, press, kinds, fake, button, find } = await open();
  await opened();
  expect(rows()[2]).toContain("Nothing is painted yet");
  const painted = { painted: { key: "2", own: true, painting: "p" } };
  pictures({ mask: { ...MASK, coverage: 0.0324 }, ...painted });
  expect(rows()[2]).toContain("3.2 % of the picture");
  press("Close painter");
  expect(kinds()).toContain("close_painter");
  expect(button("Close painter").getAttribute("aria-disabled")).toBe("true");
  fake.set("painter", null);
  expect(find(".lumen-form-painter").hidden).toBe(true);
  press("Paint on");
  expect(kinds().at(-1)).toBe("paint");
});

test("closing in the painter's own bar leads back to the picture's button", async () => {
  const { opened, button, place, fake, pictures, status } = await open();
  await opened();
  button("Discard", place).click();
  fake.set("painter", null);
  pictures();

  expect(document.activeElement).toBe(button("Paint on dog.png"));
  expect(status()).toContain("mask and model are as before");
});

test("a painter that is closed with nothing painted, at the mask, leads back there too", async () => {
  const { opened, press, button, fake, pictures } = await open();
  await opened();
  press("Close painter");
  fake.set("painter", null);
  pictures();

  expect(document.activeElement).toBe(button("Paint on dog.png"));
});

test("Ctrl+Enter in the painter sends once, with what was just extended in it", async () => {
  const { opened, listeners, place, submits, fake, find } = await open();
  await opened();
  await vi.waitFor(() => expect(listeners.sides.size).toBe(1));
  for (const listener of listeners.sides) listener({ ...NO_SIDES, right: 64 });
  expect(find<HTMLInputElement>("[aria-valuenow='64']")).not.toBeNull();
  const enter = { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true };
  const painter = place.querySelector("[tabindex]") as HTMLElement;
  painter.dispatchEvent(new KeyboardEvent("keydown", enter));
  painter.dispatchEvent(new KeyboardEvent("keydown", { ...enter, repeat: true }));
  await vi.waitFor(() => expect(submits()).toBe(1));
  const { fields } = fake.sent.at(-1) as SubmitMessage;

  expect(fields.find(({ field }) => field === "right")?.value).toBe(64);
});

test("what the form extends is extended in the painter at once", async () => {
  const { opened, listeners, find, shown } = await open();
  await opened();
  await vi.waitFor(() => expect(listeners.step.size).toBe(1));
  find("[role=slider][data-side=left]").dispatchEvent(
    new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }),
  );

  expect(shown).toEqual([{ ...NO_SIDES, left: 16 }]);
});

test("more paint after an unanswered submit is another request", async () => {
  const first = await open();
  const { find } = first;
  const click = (form: HTMLElement) =>
    form.dispatchEvent(new Event("submit", { cancelable: true }));
  click(find("form"));
  await vi.waitFor(() => expect(first.submits()).toBe(1));
  const sent = (page: typeof first) =>
    page.fake.sent.filter((one) => (one as SubmitMessage).kind === "submit") as SubmitMessage[];
  const id = sent(first)[0]?.request;

  // painted before the page was loaded
  const before = { mask: MASK, painted: { key: "2", own: true, painting: "p" }, chosen: CHOSEN };
  const again = await open(before);
  await again.opened();
  again.fake.set("model", "gpt-image-2-low");
  click(again.find("form"));
  await vi.waitFor(() => expect(again.submits()).toBe(1));
  expect(sent(again)[0]?.request).toBe(id);

  const painted = await open(before);
  await painted.opened();
  painted.fake.set("model", "gpt-image-2-low");
  await vi.waitFor(() => expect(painted.listeners.step.size).toBe(1));
  for (const listener of painted.listeners.step) listener();
  click(painted.find("form"));
  await vi.waitFor(() => expect(painted.submits()).toBe(1));
  expect(sent(painted)[0]?.request).not.toBe(id);
});

test("the sides of an extension are unfolded where code asks for it", async () => {
  const { fake, find } = await open();
  fake.deliver({ kind: "show_extend" });

  expect(find<HTMLDetailsElement>(".lumen-extend").open).toBe(true);
});

test("below the painter the prompt is the form's, is sent, and what comes is a press away", async () => {
  vi.stubGlobal("URL", { canParse: () => true, createObjectURL: () => "blob:tile" });
  const { opened, place, fake, find, submits, button, el } = await open();
  await opened();
  const prompt = place.querySelector("textarea") as HTMLTextAreaElement;
  expect(prompt.value).toBe("a fox");
  prompt.value = "a hand";
  prompt.dispatchEvent(new Event("input"));
  expect(find<HTMLTextAreaElement>(".lumen-prompt").value).toBe("a hand");
  expect(button("Look at them", place).hidden).toBe(true);
  button("Repaint", place).click();
  await vi.waitFor(() => expect(submits()).toBe(1));
  const { request, fields } = fake.sent.at(-1) as SubmitMessage;
  expect(fields.find(({ field }) => field === "prompt")?.value).toBe("a hand");
  fake.deliver({ kind: "answer", request, sequence: 9, errors: [], taken: true, repeated: false });
  await vi.waitFor(() => expect(place.textContent).toContain("Sent: it is in the list below."));
  const result = { key: "1:0", sha256: "a", name: "Hand", width: 8, height: 8 };
  const pictures = [{ ...result, model: "fal-flux-pro-fill", count: 1 }];
  fake.deliver({ kind: "results", pictures, total: 1 });
  button("Look at them", place).click();

  expect(document.activeElement).toBe(el.querySelector("[role=option]"));
  vi.unstubAllGlobals();
});

test("painting a picture of the strip leads into the painter", async () => {
  vi.stubGlobal("URL", { canParse: () => true, createObjectURL: () => "blob:tile" });
  const { opened, fake, el } = await open();
  const result = { key: "1:0", sha256: "a", name: "Hand", width: 8, height: 8 };
  const pictures = [{ ...result, model: "fal-flux-pro-fill", count: 1 }];
  fake.deliver({ kind: "results", pictures, total: 1 });
  const tile = el.querySelector("[role=option]") as HTMLElement;
  tile.focus();
  tile.dispatchEvent(new KeyboardEvent("keydown", { key: "p", bubbles: true }));
  const { request } = fake.sent.at(-1) as never as { request: string };
  await opened();
  const acted = { kind: "picture_acted", sequence: 1, action: "paint", sha256: ["a"], paths: [] };
  const rest = { repeated: false, target: "", python: "", curl: "", error: "", next_step: "" };
  fake.deliver({ ...acted, ...rest, request });

  await vi.waitFor(() => expect(document.activeElement?.textContent).toBe("the painter"));
  vi.unstubAllGlobals();
});
