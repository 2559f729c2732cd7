import { expect, test } from "vitest";
import {
  PICTURE_ACTIONS_ENGLISH,
  type PictureActedMessage,
  type PictureActionMessage,
  PictureActions,
  PictureToolbar,
  type ToolbarOptions,
} from "../../shared/picture_actions";
import { connect, FakeModel } from "./fake_model";

const words = PICTURE_ACTIONS_ENGLISH;

function open(options: Partial<ToolbarOptions> = {}) {
  const fake = new FakeModel({});
  const actions = new PictureActions(connect(fake));
  const toolbar = new PictureToolbar(
    actions,
    words,
    { price: () => "", host: () => null, ...options },
    new AbortController().signal,
  );
  document.body.replaceChildren(toolbar.el);
  const button = (name: string) =>
    [...toolbar.el.querySelectorAll("button")].find(
      (one) => one.textContent === name,
    ) as HTMLButtonElement;
  const status = () => toolbar.el.querySelector("[role=status]")?.textContent;
  return { actions, toolbar, button, status, sent: fake.sent as PictureActionMessage[] };
}

function answered(
  asked: PictureActionMessage | undefined,
  changes: Partial<PictureActedMessage> = {},
): PictureActedMessage {
  return {
    kind: "picture_acted",
    request: asked?.request ?? "",
    sequence: 1,
    action: asked?.action ?? "save",
    sha256: asked?.sha256 ?? [],
    repeated: false,
    target: "",
    paths: [],
    python: "",
    curl: "",
    error: "",
    next_step: "",
    ...changes,
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("a button asks for its action, and says what came of it", async () => {
  const { actions, toolbar, button, status, sent } = open();
  toolbar.show([{ sha256: "a" }]);
  button("Save").click();
  actions.receive(answered(sent[0], { paths: ["/notebooks/fox.png"] }));
  await settled();

  expect(sent).toMatchObject([{ action: "save", sha256: ["a"], seen: 0 }]);
  expect(status()).toBe("Saved: /notebooks/fox.png");
});

test("what was refused is said in the kernel's words", async () => {
  const { actions, toolbar, button, status, sent } = open();
  toolbar.show([{ sha256: "a" }]);
  button("Paint…").click();
  actions.receive(answered(sent[0], { error: "There is no form.", next_step: "Run a cell." }));
  await settled();

  expect(status()).toBe("There is no form. Run a cell.");
});

test("the same again says what it costs, and is sent once while no answer has come", async () => {
  const { actions, toolbar, button, status, sent } = open({
    price: () => "0.4 credits",
    host: () => "lumen.example.org",
  });
  toolbar.show([{ sha256: "a" }]);
  button("The same again · 0.4 credits").click();
  button("The same again · 0.4 credits").click();
  expect(sent).toMatchObject([{ action: "again", host: "lumen.example.org" }]);
  actions.receive(answered(sent[0], { sequence: 7, repeated: true }));
  await settled();
  expect(status()).toBe(words.againRepeated);
  button("The same again · 0.4 credits").click();

  expect(sent[1]).toMatchObject({ action: "again", seen: 7 });
});

test("a star is shown as pressed wherever it was given, and is taken away again", () => {
  const { actions, toolbar, button, sent } = open();
  toolbar.show([{ sha256: "a" }]);
  actions.receive({ kind: "stars", sequence: 0, starred: ["a"], unstarred: [] } as never);
  expect(button("Star").getAttribute("aria-pressed")).toBe("true");
  button("Star").click();
  expect(sent).toMatchObject([{ action: "unstar" }]);
  actions.receive({ kind: "stars", sequence: 0, starred: [], unstarred: ["a"] } as never);

  expect(button("Star").getAttribute("aria-pressed")).toBe("false");
});

test("of several pictures, what is done with one of them cannot be pressed", () => {
  const { toolbar, button, sent } = open();
  toolbar.show([{ sha256: "a" }, { sha256: "b" }]);
  button("Paint…").click();
  button("Save").click();

  expect(sent).toMatchObject([{ action: "save", sha256: ["a", "b"] }]);
});

test("up to four pictures are compared, and more are put to a blind test", () => {
  const { toolbar, button, sent } = open();
  const marked = (count: number) => Array.from({ length: count }, (_, n) => ({ sha256: `${n}` }));
  toolbar.show(marked(4));
  button("Compare…").click();
  toolbar.show(marked(5));
  button("Blind test of 5…").click();
  toolbar.show(marked(1));
  toolbar.key(new KeyboardEvent("keydown", { key: "v" }));

  expect(sent.map(({ action, sha256 }) => [action, sha256.length])).toEqual([
    ["compare", 4],
    ["compare", 5],
    ["compare", 1],
  ]);
});

test("letters do what the buttons do, but for what pays", () => {
  const { toolbar, sent } = open();
  toolbar.show([{ sha256: "a" }]);
  const press = (key: string, more: KeyboardEventInit = {}) =>
    toolbar.key(new KeyboardEvent("keydown", { key, ...more }));

  expect(["r", "S", "*"].map((key) => press(key))).toEqual([true, true, true]);
  expect(["a", "x"].map((key) => press(key))).toEqual([false, false]);
  expect(press("s", { ctrlKey: true })).toBe(false);
  expect(sent.map(({ action }) => action)).toEqual(["reference", "save", "star"]);
});

test("Tab stops at one button, and arrows lead to the others", () => {
  const { toolbar } = open();
  toolbar.show([{ sha256: "a" }]);
  const all = [...toolbar.el.querySelectorAll("button")];
  all[0]?.focus();
  const press = (key: string) =>
    document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  press("ArrowRight");
  expect(document.activeElement).toBe(all[1]);
  press("Home");
  press("ArrowLeft");

  expect(document.activeElement).toBe(all.at(-1));
  expect(all.filter((one) => one.tabIndex === 0)).toEqual([all.at(-1)]);
});

test("code is shown until another picture is chosen, and can be closed", async () => {
  const { actions, toolbar, button, sent } = open();
  toolbar.show([{ sha256: "a" }]);
  button("As code").click();
  actions.receive(answered(sent[0], { python: "lumen.generate(1)", curl: "curl -d 1" }));
  await settled();
  const shown = () => [...toolbar.el.querySelectorAll("pre")].map((one) => one.textContent);
  expect(shown()).toEqual(["lumen.generate(1)", "curl -d 1"]);
  button("Close the code").click();
  expect(shown()).toEqual([]);
  expect(document.activeElement).toBe(button("As code"));
  button("As code").click();
  actions.receive(answered(sent[1], { python: "lumen.generate(1)" }));
  await settled();
  toolbar.show([{ sha256: "b" }]);

  expect(shown()).toEqual([]);
});
