/* An anywidget model without a kernel: holds traits, passes messages to listeners, records what is sent. */
import type { AnyModel } from "@anywidget/types";

export class FakeModel<T extends Record<string, unknown>> {
  readonly sent: unknown[] = [];
  /** How often traits were sent to the kernel. */
  saves = 0;
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
    this.saves += 1;
  }

  send(content: unknown): void {
    this.sent.push(content);
  }

  /** Delivers a message from the kernel. */
  deliver(message: unknown): void {
    this.#notify("msg:custom", message, []);
  }

  listenerCount(event: string): number {
    return this.#listeners.get(event)?.size ?? 0;
  }

  #notify(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }
}
