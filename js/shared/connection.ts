/* Whether a widget can still reach its kernel, and the only way by which it sends. One for each model,
   shared by its views. */
import { hideStaticForm } from "./static_form";

/** `offline`: the page has lost the notebook's server, and may find it again. `gone`: the kernel was
    restarted, has died or was shut down. `closed`: the widget was closed in Python. */
export type ConnectionState = "live" | "offline" | "gone" | "closed";

/** What is needed of an anywidget model. */
export interface Sender {
  send(content: object, callbacks?: undefined, buffers?: ArrayBuffer[]): void;
  save_changes(): void;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
  get(name: "_static_id"): unknown;
  widget_manager?: unknown;
}

/** A signal of the front end's kernel connection; `emit`'s value is its second argument. */
interface KernelSignal {
  connect(listener: (sender: unknown, value: unknown) => void): void;
  disconnect(listener: (sender: unknown, value: unknown) => void): void;
}

/** What Jupyter front ends have on their widget manager; others lack some or all of it. */
interface Kernel {
  statusChanged?: KernelSignal;
  connectionStatusChanged?: KernelSignal;
  disposed?: KernelSignal;
}

const GONE = new Set<unknown>(["restarting", "autorestarting", "dead", "terminating"]);

export class Connection {
  #state: ConnectionState = "live";
  readonly #model: Sender;
  readonly #listeners = new Set<() => void>();

  /** `signal` is that of the model's `initialize`, which aborts once the widget is closed. */
  constructor(model: unknown, signal: AbortSignal) {
    const sender = model as Sender;
    this.#model = sender;
    signal.addEventListener("abort", () => this.#become("closed"));
    // ipywidgets tells of a restart by this event, and some front ends do not tell of a new kernel
    const gone = () => this.#become("gone");
    sender.on("comm_live_update", gone);
    const kernel = (sender.widget_manager as { kernel?: Kernel | null } | undefined)?.kernel;
    const follow = (followed: KernelSignal | undefined, told: (value: unknown) => void) => {
      const listener = (_: unknown, value: unknown) => told(value);
      followed?.connect?.(listener);
      signal.addEventListener("abort", () => followed?.disconnect?.(listener));
    };
    follow(kernel?.statusChanged, (status) => {
      if (GONE.has(status)) gone();
    });
    follow(kernel?.disposed, gone);
    follow(kernel?.connectionStatusChanged, (status) => {
      this.#become(status === "disconnected" ? "offline" : "live");
    });
    signal.addEventListener("abort", () => sender.off("comm_live_update", gone));
  }

  /** What the widget's static form is marked with. */
  get staticId(): unknown {
    return this.#model.get("_static_id");
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether nothing can be sent any more. */
  get ended(): boolean {
    return this.#state === "gone" || this.#state === "closed";
  }

  /** Takes in that the kernel is gone. */
  end(): void {
    this.#become("gone");
  }

  /** Sends a message; returns whether it is on its way. */
  send(message: object, buffers: ArrayBuffer[] = []): boolean {
    return this.#try(() => this.#model.send(message, undefined, buffers));
  }

  /** Sends the traits that were set. */
  save(): boolean {
    return this.#try(() => this.#model.save_changes());
  }

  /** Calls `listener` after each change of the state, until `signal` aborts. */
  listen(listener: () => void, signal?: AbortSignal): void {
    this.#listeners.add(listener);
    signal?.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  #try(send: () => void): boolean {
    if (this.ended) return false;
    try {
      send();
      return true;
    } catch {
      // the front end has thrown the way to the kernel away
      this.#become("gone");
      return false;
    }
  }

  #become(state: ConnectionState): void {
    if (this.ended || this.#state === state) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Tells the kernel that a view is in this page, in `el`, until `signal` aborts or the page is left; what
    the widget has left for when there is no kernel is hidden as long. */
export function tellShown(
  connection: Connection,
  view: string,
  el: Element,
  signal: AbortSignal,
): void {
  // so ipywidgets marks what it shows from a saved notebook, without a kernel
  if (el.closest(".jupyter-widgets-disconnected")) connection.end();
  if (!connection.ended) hideStaticForm(connection.staticId, el, signal);
  connection.send({ kind: "shown", view });
  const hidden = () => void connection.send({ kind: "hidden", view });
  window.addEventListener("pagehide", hidden);
  signal.addEventListener("abort", () => {
    window.removeEventListener("pagehide", hidden);
    hidden();
  });
}
