/* An anywidget model without a kernel: holds traits, passes messages to listeners, records what is sent. */
import type { AnyModel } from "@anywidget/types";
import { Connection } from "../../shared/connection";

export class FakeModel<T extends Record<string, unknown>> {
  readonly sent: unknown[] = [];
  /** How often traits were sent to the kernel. */
  saves = 0;
  /** Whether the front end has thrown the way to the kernel away, as after a restart. */
  dead = false;
  /** The front end's own manager of widgets. */
  widget_manager: unknown = {};
  readonly #listeners = new Map<string, Set<(...args: unknown[]) => void>>();
  readonly #state: T;

  constructor(state: T) {
    this.#state = state;
  }

  /** The model as anywidget's types describe it. */
  get model(): AnyModel<T> {
    return this as unknown as AnyModel<T>;
  }

  get<K extends keyof T>(name: K): T[K] {
    return this.#state[name];
  }

  set<K extends keyof T>(name: K, value: T[K]): void {
    this.#state[name] = value;
    this.#notify(`change:${String(name)}`);
  }

  on(event: string, listener: (...args: unknown[]) => void): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  off(event: string, listener: (...args: unknown[]) => void): void {
    this.#listeners.get(event)?.delete(listener);
  }

  save_changes(): void {
    this.#live();
    this.saves += 1;
  }

  send(content: unknown): void {
    this.#live();
    this.sent.push(content);
  }

  /** Tells the listeners to an event. */
  tell(event: string): void {
    this.#notify(event);
  }

  /** Delivers a message from the kernel. */
  deliver(message: unknown, buffers: DataView[] = []): void {
    this.#notify("msg:custom", message, buffers);
  }

  listenerCount(event: string): number {
    return this.#listeners.get(event)?.size ?? 0;
  }

  #live(): void {
    if (this.dead) throw new Error("Cannot send");
  }

  #notify(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }
}

/** The connection of a model that is never closed. */
export function connect(model: unknown): Connection {
  return new Connection(model, new AbortController().signal);
}
