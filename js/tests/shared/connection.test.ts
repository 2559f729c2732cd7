import { expect, test } from "vitest";
import { Connection, tellShown } from "../../shared/connection";
import { FakeModel } from "./fake_model";

/** A signal of JupyterLab's kernel connection. */
class KernelSignal {
  readonly listeners = new Set<(sender: unknown, value: unknown) => void>();
  connect(listener: (sender: unknown, value: unknown) => void) {
    this.listeners.add(listener);
  }
  disconnect(listener: (sender: unknown, value: unknown) => void) {
    this.listeners.delete(listener);
  }
  emit(value: unknown) {
    for (const listener of this.listeners) listener(this, value);
  }
}

function open() {
  const kernel = {
    statusChanged: new KernelSignal(),
    connectionStatusChanged: new KernelSignal(),
    disposed: new KernelSignal(),
  };
  const fake = new FakeModel({});
  fake.widget_manager = { kernel };
  const ending = new AbortController();
  const connection = new Connection(fake, ending.signal);
  const states: string[] = [];
  connection.listen(() => states.push(connection.state));
  return { fake, kernel, ending, connection, states };
}

test.each(["restarting", "autorestarting", "dead", "terminating"])(
  "a kernel that is %s is gone for its widgets",
  (status) => {
    const { kernel, connection, states } = open();
    kernel.statusChanged.emit("busy");
    expect(connection.state).toBe("live");
    kernel.statusChanged.emit(status);
    kernel.statusChanged.emit("idle");

    expect(states).toEqual(["gone"]);
    expect(connection.send({ kind: "hello" })).toBe(false);
  },
);

test("a kernel that was shut down is gone", () => {
  const { kernel, states } = open();
  kernel.disposed.emit(undefined);

  expect(states).toEqual(["gone"]);
});

test("where the front end tells nothing, the first message that cannot be sent does", () => {
  for (const manager of [undefined, {}, { kernel: null }]) {
    const fake = new FakeModel({});
    fake.widget_manager = manager;
    const connection = new Connection(fake, new AbortController().signal);
    expect(connection.send({ kind: "hello" })).toBe(true);
    fake.dead = true;
    expect(connection.save()).toBe(false);
    expect(connection.state).toBe("gone");
  }
});

test("a page that lost the server may find it again, and sends all the same", () => {
  const { kernel, connection, states, fake } = open();
  kernel.connectionStatusChanged.emit("connecting");
  kernel.connectionStatusChanged.emit("disconnected");
  expect(connection.send({ kind: "hello" })).toBe(true);
  kernel.connectionStatusChanged.emit("connected");

  expect(states).toEqual(["offline", "live"]);
  expect(fake.sent.length).toBe(1);
});

test("a widget that was closed in Python is closed, and listens to nothing any more", () => {
  const { fake, kernel, ending, states } = open();
  ending.abort();

  expect(states).toEqual(["closed"]);
  expect(Object.values(kernel).map(({ listeners }) => listeners.size)).toEqual([0, 0, 0]);
  expect(fake.listenerCount("comm_live_update")).toBe(0);
});

test("the kernel is told when a view comes and goes, also when the page is left", () => {
  const { fake, connection } = open();
  const viewing = new AbortController();
  tellShown(connection, "a", document.createElement("div"), viewing.signal);
  window.dispatchEvent(new Event("pagehide"));
  viewing.abort();
  window.dispatchEvent(new Event("pagehide"));

  expect(fake.sent).toEqual([
    { kind: "shown", view: "a" },
    { kind: "hidden", view: "a" },
    { kind: "hidden", view: "a" },
  ]);
});

test("a widget of a saved notebook, which never had this kernel, is gone from the start", () => {
  const { fake, connection } = open();
  const el = document.createElement("div");
  el.className = "jupyter-widgets-disconnected";
  tellShown(connection, "a", el, new AbortController().signal);

  expect(connection.state).toBe("gone");
  expect(fake.sent).toEqual([]);
});
