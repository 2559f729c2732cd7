import { beforeEach, describe, expect, test, vi } from "vitest";
import type { SubmitMessage } from "../../prompt_form/messages";
import { formModel, PICTURE } from "./fake_form";
import { mount } from "./mount";

const FILL = { model: "fal-flux-pro-fill", prompt: "a fox" };
const MASK = { ...PICTURE, key: "2", name: "mask.png" };
const LARGE = { ...PICTURE, width: 1024, height: 768 };

beforeEach(() => sessionStorage.clear());

/** A form with a picture, and a mask or none. */
async function open(traits: Parameters<typeof formModel>[0] = {}, masked = false, image = LARGE) {
  const page = await mount(formModel({ ...FILL, ...traits }));
  const { fake, el, find } = page;
  fake.deliver({
    kind: "pictures",
    sequence: 1,
    images: [image],
    mask: masked ? MASK : null,
  });
  const box = (label: string) => {
    const found = [...el.querySelectorAll("label")].find((one) =>
      one.textContent?.startsWith(label),
    );
    return found?.querySelector("input") as HTMLInputElement;
  };
  const check = (input: HTMLInputElement, checked: boolean) => {
    input.checked = checked;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const type = (label: string, value: string) => {
    const input = box(label);
    input.focus();
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    return input;
  };
  const described = (input: HTMLElement) =>
    (input.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent)
      .join(" ");
  const button = (label: string) =>
    [...el.querySelectorAll("button")].find((one) => one.textContent === label);
  const submit = async () => {
    find<HTMLFormElement>("form").dispatchEvent(new Event("submit", { cancelable: true }));
    await vi.waitFor(() => expect(page.submits()).toBeGreaterThan(0));
    const { fields } = fake.sent.at(-1) as SubmitMessage;
    return Object.fromEntries(fields.map(({ field, value }) => [field, value]));
  };
  const handle = (side: string) => find(`[role=slider][data-side=${side}]`);
  const press = (side: string, key: string, init: KeyboardEventInit = {}) =>
    handle(side).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...init }));
  const extend = find<HTMLDetailsElement>(".lumen-extend");
  const size = find<HTMLFieldSetElement>("fieldset:has(.lumen-size)");
  const exact = box("Keep everything else");
  const crop = box("More detail");
  return {
    ...page,
    box,
    check,
    type,
    described,
    button,
    submit,
    handle,
    press,
    extend,
    size,
    exact,
    crop,
  };
}

describe("what a repaint wants", () => {
  test("is asked beside the mask, and of repaints alone", async () => {
    const { fake, find } = await open({ model: "gpt-image-2-low" });
    const options = find(".lumen-repaint-options");
    expect(options.hidden).toBe(true);
    fake.set("model", "fal-flux-pro-fill");
    expect(options.hidden).toBe(false);
    fake.set("left", 64);

    expect(options.hidden).toBe(true);
  });

  test("is half of the box around it where it is checked, and what code gave where that is there", async () => {
    const usual = await open({}, true);
    usual.check(usual.crop, true);
    expect(usual.described(usual.crop)).toContain("50 %");
    expect((await usual.submit()).crop).toBe(0.5);
    const given = await open({ crop: 0.125 }, true);
    expect(given.crop.checked).toBe(true);
    expect(given.described(given.crop)).toContain("12.5 %");
    given.check(given.crop, false);
    given.check(given.crop, true);

    expect((await given.submit()).crop).toBe(0.125);
  });

  test("that cannot go together is disabled, and says why", async () => {
    const { exact, crop, size, check, described } = await open({}, true);
    check(crop, true);
    expect([exact.disabled, size.disabled]).toEqual([true, true]);
    expect(described(exact)).toContain("More detail needs it");
    expect(size.textContent).toContain("the size follows from the part");
    check(crop, false);
    check(exact, false);
    expect([crop.disabled, size.disabled]).toEqual([true, false]);
    expect(described(crop)).toContain("Only while everything else is kept");
    const given = await open({ exact: false, crop: 0.5 }, true);

    // both can be changed where code gave both
    expect([given.exact.disabled, given.crop.disabled]).toEqual([false, false]);
  });

  test("leaves a size that stands there to be taken back", async () => {
    const { fake, size } = await open({ crop: 0.5, size: "16:9" }, true);
    expect(size.disabled).toBe(false);
    fake.set("size", null);

    expect(size.disabled).toBe(true);
  });

  test("has an error beside its box", async () => {
    const { fake, crop, described } = await open({ crop: -1 }, true);
    fake.deliver({ kind: "errors", sequence: 2, errors: [{ field: "crop", message: "too low" }] });

    expect(crop.getAttribute("aria-invalid")).toBe("true");
    expect(described(crop)).toContain("too low");
  });
});

describe("new ground", () => {
  test("is offered at a single picture, and makes the call an extension", async () => {
    const { fake, find, extend, type, submit } = await open();
    const label = () => find(".lumen-primary").textContent;
    fake.deliver({ kind: "pictures", sequence: 2, images: [LARGE, PICTURE], mask: null });
    expect(extend.hidden).toBe(true);
    fake.deliver({ kind: "pictures", sequence: 3, images: [LARGE], mask: null });
    expect([extend.hidden, extend.open, label()]).toEqual([false, false, "Repaint"]);
    type("Left", "256");

    expect(label()).toBe("Extend");
    expect(extend.textContent).toContain("1280 × 768 px");
    expect(await submit()).toMatchObject({ left: 256, top: 0, right: 0, bottom: 0 });
  });

  test("is moved by the keys of each handle, never below nothing or above 4096 pixels", async () => {
    const { press, handle, submit } = await open();
    press("left", "ArrowLeft");
    press("left", "ArrowUp");
    press("top", "PageUp");
    press("top", "ArrowUp", { shiftKey: true });
    press("right", "ArrowRight");
    press("right", "ArrowLeft");
    press("right", "ArrowLeft");
    press("bottom", "End");
    expect(handle("left").getAttribute("aria-valuetext")).toBe(
      "32 px; the picture has 1056 × 4096 px",
    );
    press("bottom", "PageDown");
    press("bottom", "ArrowUp", { ctrlKey: true });

    const most = 4096 - 768 - 129;
    expect(await submit()).toMatchObject({ left: 32, top: 129, right: 0, bottom: most - 128 });
  });

  test("is dragged in whole steps, and taken back by Escape", async () => {
    const { handle, submit, press } = await open();
    const left = handle("left");
    Object.assign(left, { setPointerCapture: () => {}, hasPointerCapture: () => false });
    const point = (type: string, clientX: number) =>
      left.dispatchEvent(new PointerEvent(type, { clientX, clientY: 0, button: 0, pointerId: 1 }));
    point("pointerdown", 100);
    point("pointermove", 90);
    point("pointerup", 90);
    const dragged = Number(left.getAttribute("aria-valuenow"));
    expect(dragged).toBeGreaterThan(0);
    expect(dragged % 16).toBe(0);
    point("pointerdown", 100);
    point("pointermove", 80);
    expect(Number(left.getAttribute("aria-valuenow"))).toBeGreaterThan(dragged);
    press("left", "Escape");
    point("pointermove", 60);

    expect((await submit()).left).toBe(dragged);
  });

  test("that is no number of pixels is not sent, nor what stood there before", async () => {
    const { find, type, submits } = await open();
    type("Left", "64");
    const left = type("Left", "-5");
    find<HTMLFormElement>("form").dispatchEvent(new Event("submit", { cancelable: true }));

    await vi.waitFor(() => expect(find(".lumen-refusal").textContent).toContain("Extend"));
    expect(left.getAttribute("aria-invalid")).toBe("true");
    expect(document.activeElement).toBe(left);
    expect(submits()).toBe(0);
  });

  test("typed and ended with Enter submits nothing, which would cost credits", async () => {
    const { type, submits } = await open();
    const left = type("Left", "64");
    left.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }),
    );

    await vi.waitFor(() => expect(left.value).toBe("64"));
    expect(submits()).toBe(0);
  });

  test("needs a model that can, which a press chooses and the form names", async () => {
    const { find, box, extend, button, handle, fake } = await open({ model: "gpt-image-2-low" });
    expect(box("Left").matches(":disabled") || box("Left").closest("fieldset")?.disabled).toBe(
      true,
    );
    expect(handle("left").getAttribute("aria-disabled")).toBe("true");
    expect(extend.textContent).toContain("gpt-image-2-low cannot extend.");
    extend.querySelector<HTMLButtonElement>(".lumen-instead")?.click();

    expect(find<HTMLSelectElement>("select").value).toBe("fal-flux-pro-fill");
    expect(box("Left").closest("fieldset")?.disabled).toBe(false);
    expect(document.activeElement).toBe(box("Left"));
    expect(find(".lumen-form-state").textContent).toContain("The model is now fal-flux-pro-fill");
    expect(button("Do not extend")?.hidden).toBe(true);
    expect(fake.get("left")).toBe(0);
  });

  test("and a mask exclude each other: the one that is not there says so", async () => {
    const masked = await open({}, true);
    expect(masked.box("Left").closest("fieldset")?.disabled).toBe(true);
    expect(masked.extend.textContent).toContain("Not together with a mask");
    const extended = await open({ left: 64 });
    const mask = [...extended.el.querySelectorAll("fieldset")].find((one) =>
      one.textContent?.startsWith("Mask"),
    );

    expect(mask?.textContent).toContain("Not together with “Extend”");
    expect(extended.extend.open).toBe(true);
    expect(extended.size.disabled).toBe(true);
    extended.button("Do not extend")?.click();
    expect(extended.size.disabled).toBe(false);
    expect(mask?.textContent).not.toContain("Not together");
  });

  test("has the kernel's error beside it, unfolded", async () => {
    const { fake, extend, find } = await open();
    const errors = [{ field: "top", message: "4096 is the most" }];
    fake.deliver({ kind: "errors", sequence: 2, errors });

    expect(extend.open).toBe(true);
    const described = find(".lumen-sides").getAttribute("aria-describedby") ?? "";
    expect(document.getElementById(described)?.textContent).toBe("4096 is the most");
  });

  test("of a picture that is known by its address alone is given in numbers", async () => {
    const { find, box } = await open({}, false, { ...PICTURE, width: 0, height: 0 });

    expect(find(".lumen-ground").hidden).toBe(true);
    expect(box("Left").closest("fieldset")?.disabled).toBe(false);
  });
});
