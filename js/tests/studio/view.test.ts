import { beforeEach, expect, test } from "vitest";
import { mount, settled } from "./mount";

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});

const labels = (tabs: HTMLElement[]) => tabs.map((one) => one.firstChild?.textContent);

test("form and pictures are in view, and a part that is open on demand has no tab before", async () => {
  const { el, tabs, selected, inView } = await mount();

  expect(labels(tabs())).toEqual(["Pictures", "Gallery", "Tasks"]);
  expect(selected()).toEqual(["Pictures"]);
  expect(inView()).toEqual(["results"]);
  expect(el.querySelector("textarea")).not.toBeNull();
  expect(el.textContent).toContain("No pictures yet");
  expect(el.querySelector(".lumen-studio-body")?.hasAttribute("data-beside-form")).toBe(true);
});

test("where the first pictures will come it says that they were sent, until they are there", async () => {
  const { form, el } = await mount();
  const said = () => el.querySelector("[data-part=results] .lumen-studio-nothing")?.textContent;
  expect(said()).toContain("No pictures yet");
  form.places.sent();
  expect(said()).toBe("Sent: its pictures come hereTasks shows how it stands.");
  form.open("results");
  form.places.arrived();
  expect(said()).toBeUndefined();
  form.open("results", false);

  expect(said()).toContain("No pictures yet");
});

test("where the first pictures will come it says that none came and why, until the next is sent", async () => {
  const { form, el } = await mount();
  const said = () => el.querySelector("[data-part=results] .lumen-studio-nothing")?.textContent;
  form.places.sent();
  form.places.awaited("running", "No news at the moment. It asks to wait.");
  expect(said()).toBe("Sent: its pictures come hereNo news at the moment. It asks to wait.");
  form.places.awaited("running", "");
  expect(said()).toBe("Sent: its pictures come hereTasks shows how it stands.");
  form.places.awaited("ended", "The task failed: Busy. Submit it again.");
  expect(said()).toContain("No picture came of what was sent");
  expect(said()).toContain("The task failed: Busy. Submit it again.");
  form.places.sent();
  expect(said()).toContain("its pictures come here");
  form.places.awaited("", "");

  expect(said()).toContain("No pictures yet");
});

test("a painter that opens has a tab, which goes with it, and then what was before is in view", async () => {
  const { form, tab, tabs, inView } = await mount();
  tab("Tasks")?.click();
  form.open("painter");
  expect(inView()).toEqual(["painter"]);
  expect(labels(tabs())).toEqual(["Pictures", "Paint", "Gallery", "Tasks"]);
  form.open("compare");
  form.open("compare", false);
  expect(inView()).toEqual(["tasks"]);
  tab("Paint")?.click();
  form.open("painter", false);

  expect(inView()).toEqual(["tasks"]);
  expect(tab("Paint")).toBeUndefined();
});

test("what Python opens is not put before somebody who is at work beside the form", async () => {
  const { form, el, tab, inView } = await mount({}, ["tasks", "results"]);
  el.querySelector<HTMLElement>(".in-results")?.focus();
  form.open("painter");
  expect(inView()).toEqual(["results"]);
  expect(tab("Paint")).toBeDefined();
  form.places.lead("painter");

  expect(inView()).toEqual(["painter"]);
});

test("in one column what Python opens is shown too, and only marked for somebody who types", async () => {
  const idle = await mount({}, ["tasks", "results"], 400);
  idle.form.open("painter");
  expect([idle.selected(), idle.inView()]).toEqual([["Paint"], ["painter"]]);
  expect(idle.tab("Paint")?.hasAttribute("data-new")).toBe(false);
  idle.form.open("painter", false);
  localStorage.clear();
  const busy = await mount({ _studio: "another" }, ["tasks", "results"], 400);
  busy.el.querySelector("textarea")?.focus();
  busy.form.open("painter");

  expect(busy.selected()).toEqual(["Form"]);
  expect(busy.tab("Paint")?.hasAttribute("data-new")).toBe(true);
  busy.tab("Paint")?.click();
  expect(busy.tab("Paint")?.hasAttribute("data-new")).toBe(false);
});

test("nothing is promised where the kernel is gone", async () => {
  const { fake, form, el, tab } = await mount();
  const said = (part: string) =>
    el.querySelector(`[data-part=${part}] .lumen-studio-nothing`)?.textContent;
  tab("Gallery")?.click();
  fake.tell("comm_live_update");
  expect(said("gallery")).toBe("The gallery cannot be opened any more: the new Studio has one.");
  expect(said("results")).toBe("No pictures came here");
  form.places.sent();

  expect(said("results")).toContain("goes on without this Studio: the new one shows");
});

test("a painter that was open before a reload has a tab, and is in view only if it was", async () => {
  const first = await mount({}, ["tasks", "painter", "results"]);
  expect(first.inView()).toEqual(["results"]);
  first.tab("Paint")?.click();
  const second = await mount({}, ["tasks", "painter", "results"]);
  expect(second.inView()).toEqual(["painter"]);
  const third = await mount({ _studio: "another" }, ["tasks", "painter", "results"]);

  expect(third.inView()).toEqual(["results"]);
});

test("the gallery is opened when its tab is chosen, and says so until it is there", async () => {
  const { form, el, tab } = await mount();
  expect(form.galleries).toBe(0);
  tab("Gallery")?.click();
  const panel = el.querySelector("[data-part=gallery]");
  expect(form.galleries).toBe(1);
  expect(panel?.textContent).toContain("The gallery opens as soon as the notebook answers.");
  form.open("gallery");
  tab("Pictures")?.click();
  tab("Gallery")?.click();

  expect(form.galleries).toBe(1);
  expect(panel?.textContent).toBe("");
});

test("pictures that come are brought into view, but not in the place of somebody's work", async () => {
  const { form, el, tab, inView } = await mount({}, ["tasks", "results", "painter"]);
  tab("Tasks")?.click();
  el.querySelector("textarea")?.focus();
  form.places.arrived();
  expect(inView()).toEqual(["results"]);
  tab("Paint")?.click();
  el.querySelector<HTMLElement>(".in-painter")?.focus();
  form.places.arrived();
  expect(inView()).toEqual(["painter"]);
  expect(tab("Pictures")?.textContent).toBe("Pictures (new)");
  tab("Pictures")?.click();

  expect(tab("Pictures")?.textContent).toBe("Pictures");
});

test("in one column the form is a tab, is left by nothing that comes, and is reached by what leads", async () => {
  const { form, el, tab, tabs, selected, inView } = await mount({}, ["tasks", "results"], 400);
  expect(labels(tabs())).toEqual(["Form", "Pictures", "Gallery", "Tasks"]);
  expect(selected()).toEqual(["Form"]);
  expect(inView()).toEqual([]);
  form.places.arrived();
  expect(selected()).toEqual(["Form"]);
  expect(tab("Pictures")?.hasAttribute("data-new")).toBe(true);
  form.places.lead("results");
  expect([selected(), inView()]).toEqual([["Pictures"], ["results"]]);
  expect(el.querySelector<HTMLElement>(".lumen-studio-form")?.hidden).toBe(true);
  const again = await mount({}, ["tasks", "results"], 400);
  expect(again.selected()).toEqual(["Pictures"]);
  again.form.places.lead("form");

  expect(again.selected()).toEqual(["Form"]);
});

test("arrows go through the tabs and around, Home and End to the first and last", async () => {
  const { tab, selected, press } = await mount();
  tab("Pictures")?.focus();
  const gone = ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End"].map((key) => {
    press(document.activeElement, key);
    return [selected()[0], document.activeElement?.firstChild?.textContent];
  });

  expect(gone.map(([chosen]) => chosen)).toEqual([
    "Gallery",
    "Tasks",
    "Pictures",
    "Tasks",
    "Pictures",
    "Tasks",
  ]);
  expect(gone.every(([chosen, focused]) => chosen === focused)).toBe(true);
});

test("F6 goes from the form to the part beside it, or its tab, and back", async () => {
  const { form, el, tab, press } = await mount({}, ["tasks", "results"]);
  press(el.querySelector("header button"), "F6");
  expect(form.focused).toEqual(["form"]);
  press(document.activeElement, "F6");
  expect(form.focused).toEqual(["form", "results"]);
  tab("Tasks")?.click();
  el.querySelector("textarea")?.focus();
  press(document.activeElement, "F6");

  expect(document.activeElement).toBe(tab("Tasks"));
});

test("a question mark opens the sheet of keys and closes it, and is typed in a field", async () => {
  const { el, tab, press } = await mount();
  const sheet = el.querySelector("dialog");
  press(el.querySelector("textarea"), "?");
  expect(sheet?.open).toBe(false);
  press(tab("Pictures"), "?", { shiftKey: true });
  expect(sheet?.open).toBe(true);
  press(sheet?.querySelector("button"), "?", { shiftKey: true });
  expect(sheet?.open).toBe(false);
  press(tab("Pictures"), "?", { ctrlKey: true });

  expect(sheet?.open).toBe(false);
});

test("no key that sends or opens leaves the Studio for the page", async () => {
  const { el, tab, press } = await mount();
  const heard: string[] = [];
  const listen = ({ key }: KeyboardEvent) => heard.push(key);
  window.addEventListener("keydown", listen);
  for (const target of [
    el.querySelector("textarea"),
    tab("Tasks"),
    el.querySelector("header button"),
  ])
    for (const held of [{}, { ctrlKey: true }, { shiftKey: true }]) press(target, "Enter", held);
  press(tab("Tasks"), "F6");
  press(tab("Tasks"), "s", { ctrlKey: true });
  window.removeEventListener("keydown", listen);

  expect(heard).toEqual(["s"]);
});

test("what was spent is said as it changes", async () => {
  const { fake, el } = await mount({ _host: "pictures.example.org" });
  const said = () => el.querySelector(".lumen-studio-spending")?.textContent;
  expect(said()).toBe("Credits spent: 0");
  const spending = fake.get("_spending");
  fake.set("_spending", { ...spending, spent: 4.1, left: 45.9, tasks: 3, tasks_left: 7 });
  expect(said()).toBe("Credits spent: 4.1, left: 45.9 · Tasks sent: 3, left: 7");
  fake.set("_spending", { ...spending, spent: 2, refunded: 2, unpriced: 1, unknown: 1 });
  expect(said()).toBe(
    "Credits spent: 2 · Given back: 2 · Tasks of unknown price: 1 · Of unknown outcome: 1",
  );
  const sandbox = await mount();

  expect(sandbox.el.querySelector(".lumen-studio-spending")?.textContent).toBe("");
});

test("it says once that its kernel is gone, and what to do", async () => {
  const { fake, el, life } = await mount();
  const lost = el.querySelector<HTMLElement>(".lumen-studio-lost");
  expect(lost?.hidden).toBe(true);
  fake.tell("comm_live_update");
  expect(lost?.textContent).toContain("This Studio's kernel has ended");
  expect(lost?.hidden).toBe(false);
  life.abort();

  expect(lost?.textContent).toContain("This Studio's kernel has ended");
});

test("a form that was closed, or cannot be shown, is said in its place, and another is shown", async () => {
  const { fake, el, form } = await mount();
  const place = el.querySelector(".lumen-studio-form");
  fake.set("form", null);
  await settled();
  expect(place?.textContent).toContain("The form of this Studio was closed.");
  expect(el.querySelector("[data-part=tasks]")?.textContent).toContain("was closed");
  fake.set("form", "anywidget:lost");
  await settled();
  expect(place?.textContent).toContain("The form cannot be shown here: no such model");
  fake.set("form", "anywidget:form");
  await settled();
  form.open("results");

  expect(place?.querySelector("textarea")).not.toBeNull();
  expect(el.querySelector(".in-results")).not.toBeNull();
});

test("another language is spoken at once, in the layout that there was", async () => {
  const { fake, tab, selected, inView } = await mount({}, ["tasks", "results"]);
  tab("Tasks")?.click();
  fake.set("language", "zh");
  await settled();

  expect(selected()).toEqual(["任务"]);
  expect(inView()).toEqual(["tasks"]);
});
