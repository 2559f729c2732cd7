import { expect, test, vi } from "vitest";
import { formModel, PICTURE } from "./fake_form";
import { mount } from "./mount";

function press(el: HTMLElement, init: KeyboardEventInit): void {
  el.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }));
}

test("the button names the call that it makes", async () => {
  const { fake, find } = await mount();
  const label = () => find(".lumen-primary").textContent;
  expect(label()).toBe("Generate");
  fake.deliver({ kind: "pictures", sequence: 1, images: [PICTURE], mask: null });
  expect(label()).toBe("Edit");
  fake.set("model", "fal-flux-pro-fill");

  expect(label()).toBe("Repaint");
});

test("the cost of a submit is shown: nothing in the sandbox, the price where it is known", async () => {
  const sandbox = await mount();
  expect(sandbox.find(".lumen-cost").textContent).toBe("A preview, free");
  const fake = formModel({ _host: "lumen.example.org", n: 3 });
  const service = await mount(fake);
  const cost = () => service.find(".lumen-cost").textContent;

  expect(cost()).toBe("Costs 0.3 credits (3 × 0.1)");
  fake.set("_prices", { "gpt-image-2-low": 2, mine: 1 });
  expect(cost()).toBe("Costs 6 credits (3 × 2)");
  fake.set("model", "mine");
  expect(cost()).toBe("Costs 3 credits (3 × 1)");
  fake.set("model", "constructor");
  expect(cost()).toBe("Costs credits; lumen.prices has no price of constructor");
  expect(service.find(".lumen-account").textContent).toBe(
    "lumen.example.org · pictures cost credits",
  );
});

test("Ctrl+Enter submits once, and never during a composition", async () => {
  const { find, submits } = await mount();
  const prompt = find<HTMLTextAreaElement>("textarea");
  press(prompt, { key: "Enter", ctrlKey: true, isComposing: true });
  press(prompt, { key: "Enter" });
  await vi.waitFor(() => expect(submits()).toBe(0));
  press(prompt, { key: "Enter", ctrlKey: true });
  press(prompt, { key: "Enter", ctrlKey: true, repeat: true });
  press(prompt, { key: "Enter", metaKey: true });
  await vi.waitFor(() => expect(submits()).toBe(1));
});

test("Enter in a text field does not submit", async () => {
  const { find } = await mount();
  const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
  find<HTMLInputElement>(".lumen-size-free input").dispatchEvent(event);

  expect(event.defaultPrevented).toBe(true);
});

test("an error is beside its field, named in the footer, and removed once it is corrected", async () => {
  const { fake, find, kinds } = await mount();
  find<HTMLFormElement>("form").dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(kinds()).toContain("submit"));
  const { request } = fake.sent.at(-1) as { request: string };
  const errors = [{ field: "prompt", message: "prompt is empty." }];
  fake.deliver({ kind: "answer", sequence: 2, request, taken: false, errors });
  const prompt = find<HTMLTextAreaElement>(".lumen-prompt");
  await vi.waitFor(() => expect(document.activeElement).toBe(prompt));

  expect(prompt.getAttribute("aria-invalid")).toBe("true");
  const described = document.getElementById(prompt.getAttribute("aria-describedby") ?? "");
  expect(described?.textContent).toBe("prompt is empty.");
  expect(find(".lumen-refusal").textContent).toBe("Not sent. Look at: Prompt.");
  fake.deliver({ kind: "errors", sequence: 3, errors: [] });
  expect(prompt.hasAttribute("aria-invalid")).toBe(false);
});

test("the secret is in the submit and in no trait", async () => {
  const { fake, find, kinds } = await mount();
  find<HTMLInputElement>("input[type=password]").value = "hush";
  find<HTMLFormElement>("form").dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(kinds()).toContain("submit"));

  expect(fake.sent.at(-1)).toMatchObject({ secret: "hush" });
  expect(JSON.stringify(fake.sent.slice(0, -1))).not.toContain("hush");
});

test("a model that cannot repaint says so, and offers one that can", async () => {
  const { fake, el, find } = await mount();
  const mask = [...el.querySelectorAll("fieldset")].find((one) =>
    one.textContent?.startsWith("Mask"),
  ) as HTMLElement;
  expect(mask.querySelector<HTMLButtonElement>(".lumen-button")?.disabled).toBe(true);
  mask.querySelector<HTMLButtonElement>(".lumen-instead")?.click();

  expect(find<HTMLSelectElement>("select").value).toBe("fal-flux-pro-fill");
  expect(mask.querySelector<HTMLButtonElement>(".lumen-button")?.disabled).toBe(false);
  expect(fake.get("model")).toBe("gpt-image-2-low");
});

test("what comes from outside is text, never markup", async () => {
  const evil = '<img src=x onerror="alert(1)">';
  const { fake, el } = await mount(formModel({ prompt: evil, model: evil, _host: evil }));
  const errors = [{ field: "size", message: evil }];
  const picture = { ...PICTURE, name: evil, error: evil };
  fake.deliver({
    kind: "form",
    sequence: 1,
    request: "",
    images: [picture],
    mask: null,
    errors,
    earlier: [evil],
  });

  const injected = [...el.querySelectorAll("img")].filter(
    (one) => !one.closest(".lumen-thumb, .lumen-ground"),
  );
  expect(injected).toEqual([]);
  expect(el.querySelector(".lumen-picture-name")?.textContent).toBe(evil);
});

test("the panel shows from the first submit", async () => {
  const { fake, find } = await mount(formModel({ panel: "anywidget:1" }));
  const slot = find(".lumen-form-panel");
  expect(slot.hidden).toBe(true);
  fake.set("_sent", 1);

  expect(slot.hidden).toBe(false);
  await vi.waitFor(() => expect(slot.textContent).toBe("the panel"));
});

test("after a reload a form says where new pictures are, unless none were to be under it", async () => {
  const { fake, find } = await mount(formModel({ _below: false, _sent: 1 }));
  const notice = find(".lumen-form-below");
  expect(notice.hidden).toBe(false);
  expect(notice.textContent).toContain("new pictures appear here and in the list");
  fake.set("static", false);

  expect(notice.hidden).toBe(true);
});

test("a form changes its language to Chinese, and keeps what was typed", async () => {
  const { fake, find } = await mount();
  const prompt = find<HTMLTextAreaElement>(".lumen-prompt");
  prompt.value = "a fox";
  prompt.dispatchEvent(new Event("input"));
  fake.set("language", "zh");

  expect(find(".lumen-primary").textContent).toBe("生成");
  expect(find<HTMLTextAreaElement>(".lumen-prompt").value).toBe("a fox");
});

test("a view that was removed has no listeners", async () => {
  const { fake, ending } = await mount();
  ending.abort();

  for (const event of ["msg:custom", "change:prompt", "change:_models", "change:language"]) {
    expect(fake.listenerCount(event)).toBe(0);
  }
});

test("two forms of one page share no id, though each has loaded a bundle of its own", async () => {
  const ids: string[][] = [];
  for (let form = 0; form < 2; form += 1) {
    vi.resetModules();
    const { default: bundle } = await import("../../prompt_form/index");
    const { el } = await mount(formModel(), bundle);
    ids.push([...el.querySelectorAll("[id]")].map(({ id }) => id));
  }
  const [first = [], second = []] = ids;

  expect(first.length).toBeGreaterThan(10);
  expect(first.filter((id) => second.includes(id))).toEqual([]);
});

test("after a restart of the kernel a form says that nothing was sent, and sends nothing", async () => {
  const { fake, find, submits } = await mount(formModel({ prompt: "a fox" }));
  const lost = () => [...find(".lumen-form").querySelectorAll("[role=alert]")].at(-1)?.textContent;
  fake.dead = true;
  find(".lumen-primary").click();
  await vi.waitFor(() => expect(lost()).toContain("is gone: nothing was sent"));

  expect(submits()).toBe(0);
  expect(find(".lumen-form-state").textContent).toBe("");
  expect(find<HTMLTextAreaElement>("textarea").value).toBe("a fox");
});

test("a submit that was not answered before the kernel was gone is not called unsent", async () => {
  const { fake, el, find, submits } = await mount(formModel({ prompt: "a fox" }));
  find(".lumen-primary").click();
  await vi.waitFor(() => expect(submits()).toBe(1));
  fake.tell("comm_live_update");

  await vi.waitFor(() => expect(el.textContent).toContain("not known whether your last submit"));
  expect(el.textContent).not.toContain("nothing was sent");
});

test("typing in a form whose kernel is gone throws nothing", async () => {
  const { fake, find } = await mount();
  fake.dead = true;
  const prompt = find<HTMLTextAreaElement>("textarea");
  prompt.value = "a cat";
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
  find("form").dispatchEvent(new Event("focusout", { bubbles: true }));
  window.dispatchEvent(new Event("pagehide"));

  expect(prompt.value).toBe("a cat");
});
