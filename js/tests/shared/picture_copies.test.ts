import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  type CopyMessage,
  MOST_BYTES,
  PictureCopies,
  type WantsMessage,
} from "../../shared/picture_copies";
import { connect, FakeModel } from "./fake_model";

const revoked: string[] = [];

beforeEach(() => {
  let made = 0;
  vi.stubGlobal("URL", {
    createObjectURL: () => `blob:${made++}`,
    revokeObjectURL: (url: string) => revoked.push(url),
  });
});

afterEach(() => {
  revoked.length = 0;
  delete (globalThis as Record<symbol, unknown>)[Symbol.for("lumen_widgets.picture_copies.1")];
  vi.unstubAllGlobals();
});

function open(signal = new AbortController().signal) {
  const fake = new FakeModel({});
  const copies = new PictureCopies(fake, connect(fake), signal);
  return { fake, copies, sent: fake.sent as WantsMessage[] };
}

function arrive(fake: FakeModel<Record<string, unknown>>, sha256: string, size = 10, error = "") {
  const message: CopyMessage = {
    kind: "copy",
    sha256,
    copy: "tile",
    media_type: "image/png",
    error,
  };
  fake.deliver(message, error ? [] : [new DataView(new ArrayBuffer(size))]);
}

const tiles = (...names: string[]) => names.map((sha256) => ({ sha256, copy: "tile" as const }));

test("what has arrived is asked for no more, in none of the page's widgets", () => {
  const { fake, copies, sent } = open();
  copies.want("view", tiles("a", "b"));
  arrive(fake, "a");
  copies.want("view", tiles("a", "b", "c"));
  const other = open();
  other.copies.want("another view", tiles("a"));

  expect(sent.map((one) => one.copies)).toEqual([tiles("a", "b"), tiles("b", "c")]);
  expect(other.sent).toEqual([]);
  expect(other.copies.get("a", "tile")).toBe(copies.get("a", "tile"));
});

test("what a view wants no more is given up, and the same again is not asked twice", () => {
  const { copies, sent } = open();
  copies.want("view", tiles("a"));
  copies.want("view", tiles("a"));
  copies.want("view", []);

  expect(sent.map((one) => one.copies)).toEqual([tiles("a"), []]);
});

test("a view hears of a copy that another widget of the page has asked for", () => {
  const asks = open();
  const waits = open();
  const heard = vi.fn();
  waits.copies.listen(heard, new AbortController().signal);
  waits.copies.want("view", tiles("a"));
  asks.copies.want("another view", tiles("a"));
  arrive(asks.fake, "a");

  expect(heard).toHaveBeenCalled();
  expect(waits.copies.get("a", "tile")).toBeDefined();
});

test("why there is no copy is known, and it is not asked for again; it may come all the same", () => {
  const { fake, copies, sent } = open();
  copies.want("view", tiles("a"));
  arrive(fake, "a", 0, "The file is gone.");
  copies.want("view", tiles("a", "a"));

  expect(copies.error("a", "tile")).toBe("The file is gone.");
  expect(sent).toHaveLength(1);
  arrive(fake, "a");
  expect(copies.error("a", "tile")).toBe("");
});

test("of more than a page keeps, what is on no screen and was used longest ago goes", () => {
  const { fake, copies } = open();
  copies.want("view", tiles("wanted"));
  arrive(fake, "wanted", MOST_BYTES / 2);
  arrive(fake, "old", MOST_BYTES / 4);
  arrive(fake, "new", MOST_BYTES / 4);
  copies.get("old", "tile");
  arrive(fake, "last", MOST_BYTES / 4);

  expect(copies.get("new", "tile")).toBe(undefined);
  expect(revoked).toHaveLength(1);
  expect(copies.get("wanted", "tile")).toBeDefined();
  expect(copies.get("old", "tile")).toBeDefined();
});

test("what was wanted while the page was offline is asked for when it is back", () => {
  const told: ((sender: unknown, value: unknown) => void)[] = [];
  const fake = new FakeModel({});
  const connectionStatusChanged = {
    connect: (listener: (sender: unknown, value: unknown) => void) => told.push(listener),
    disconnect: () => {},
  };
  fake.widget_manager = { kernel: { connectionStatusChanged } };
  const copies = new PictureCopies(fake, connect(fake), new AbortController().signal);
  copies.want("view", tiles("a"));
  for (const tell of told) tell(null, "disconnected");
  for (const tell of told) tell(null, "connected");

  expect(fake.sent).toHaveLength(2);
});

test("a closed widget keeps nothing for its views, and hears nothing more", () => {
  const ending = new AbortController();
  const { fake, copies } = open(ending.signal);
  copies.want("view", tiles("a"));
  ending.abort();

  expect(fake.listenerCount("msg:custom")).toBe(0);
  arrive(fake, "a");
  expect(copies.get("a", "tile")).toBe(undefined);
});
