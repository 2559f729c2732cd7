/* What a form says of what is pressed while its kernel is gone, or goes before it has answered. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { formModel, PICTURE } from "./fake_form";
import { mount } from "./mount";

const LOST = "The kernel is gone: nothing was done.";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.stubGlobal("URL", {
    canParse: () => true,
    createObjectURL: () => "blob:tile",
    revokeObjectURL: () => {},
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open() {
  const { fake, el, find, kinds } = await mount(formModel());
  fake.deliver({
    kind: "pictures",
    sequence: 1,
    images: [PICTURE, { ...PICTURE, key: "other" }],
    mask: null,
  });
  fake.deliver({ kind: "presets", names: ["logo"], error: "" });
  fake.deliver({
    kind: "recall",
    state: "done",
    name: "a fox",
    changes: [],
    fields: ["prompt"],
    lost: [],
  });
  const button = (name: string) => {
    const all = [...el.querySelectorAll("button")];
    const named = all.find((one) => one.textContent === name);
    const labelled = all.find((one) => one.getAttribute("aria-label")?.startsWith(name));
    return (named ?? labelled) as HTMLButtonElement;
  };
  const states = () =>
    [...el.querySelectorAll("[role=status]")].map((one) => one.textContent).filter(Boolean);
  return { fake, el, find, kinds, button, states };
}

test.each(["From the gallery…", "Use", "Undo"])(
  "%s waits for a busy kernel, and says at once that it has gone",
  async (name) => {
    const { fake, button, states } = await open();
    button(name).click();
    vi.advanceTimersByTime(1000);
    expect(states()).toContain("Waits for the notebook, which may be running a cell…");
    fake.tell("comm_live_update");

    expect(states()).toContain(LOST);
    vi.advanceTimersByTime(5000);
    expect(states().join()).not.toContain("Waits");
  },
);

test.each(["From the gallery…", "Use", "Undo", "Remove", "Paint on"])(
  "%s says that the kernel is gone where it was before",
  async (name) => {
    const { fake, button, states, kinds } = await open();
    fake.tell("comm_live_update");
    const before = kinds();
    button(name).click();

    expect(states()).toContain(LOST);
    vi.advanceTimersByTime(5000);
    expect(states()).toContain(LOST);
    expect(states().join()).not.toMatch(/Waits|removed/);
    expect(kinds()).toEqual(before);
  },
);

test.each(["Close painter", "Paint on", "Discard"])(
  "%s, beside what is painted, says that the kernel is gone, and leaves it there",
  async (name) => {
    const { fake, find, kinds, states } = await open();
    const mask = { ...PICTURE, key: "9", name: "MaskPainter", coverage: 0 };
    const painted = { key: PICTURE.key, own: true, painting: "p" };
    if (name === "Close painter") fake.set("painter", "anywidget:painter");
    fake.deliver({ kind: "pictures", sequence: 2, images: [PICTURE], mask, painted });
    fake.tell("comm_live_update");
    const before = kinds();
    const tools = find(".lumen-painted-tools");
    [...tools.querySelectorAll("button")].find((one) => one.textContent === name)?.click();

    expect(states()).toContain(LOST);
    expect(find(".lumen-painted-tools")).toBe(tools);
    expect(kinds()).toEqual(before);
  },
);

test("what was typed for a kernel that is gone stays where it is", async () => {
  const { fake, el, button, states } = await open();
  fake.tell("comm_live_update");
  const name = el.querySelector(".lumen-presets input") as HTMLInputElement;
  name.value = "my own";
  button("Save as a preset").click();
  const address = el.querySelector("input[type=url]") as HTMLInputElement;
  address.value = "https://a.example/cat.png";
  button("Add").click();

  expect(name.value).toBe("my own");
  expect(address.value).toBe("https://a.example/cat.png");
  expect(states()).toContain(LOST);
});

test("a file that was on its way is said not to have been taken", async () => {
  const { fake, el, find, kinds } = await open();
  const input = find<HTMLInputElement>("input[type=file]");
  const file = new File([new Uint8Array(9)], "cat.png", { type: "image/png" });
  Object.defineProperty(input, "files", { value: [file] });
  input.dispatchEvent(new Event("change"));
  await vi.waitFor(() => expect(kinds()).toContain("chunk"));
  expect(find("progress")).not.toBeNull();
  fake.tell("comm_live_update");

  await vi.waitFor(() => expect(el.textContent).toContain("The kernel is gone."));
  expect(find("progress")).toBeNull();
});
