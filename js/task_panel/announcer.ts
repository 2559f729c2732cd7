/* Announces changes of status to screen readers: failures assertively, others politely; many at once
   as a count. */
import { element } from "../shared/dom";
import { fill } from "../shared/words";
import type { Words } from "./words";

// milliseconds in which changes are collected into one announcement
const BATCH_MS = 250;

/** A row whose status changed. */
export interface StatusChange {
  state: string;
  prompt: string;
  bad: boolean;
}

export class Announcer {
  readonly polite = element("span", { class: "lumen-heard", role: "status" });
  readonly assertive = element("span", { class: "lumen-heard", role: "alert" });
  readonly #words: Words;
  #pending: StatusChange[] = [];
  #timer = 0;

  constructor(words: Words, signal: AbortSignal) {
    this.#words = words;
    signal.addEventListener("abort", () => window.clearTimeout(this.#timer));
  }

  add(change: StatusChange): void {
    if (this.#pending.length === 0) {
      this.#timer = window.setTimeout(() => this.#flush(), BATCH_MS);
    }
    this.#pending.push(change);
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const [region, changes] of [
      [this.assertive, pending.filter(({ bad }) => bad)],
      [this.polite, pending.filter(({ bad }) => !bad)],
    ] as const) {
      if (changes.length > 0) region.textContent = this.#sentence(changes);
    }
  }

  #sentence(changes: StatusChange[]): string {
    const [first] = changes;
    if (first && changes.length === 1) {
      return fill(this.#words.announce, { state: first.state, prompt: first.prompt });
    }
    const counts = new Map<string, number>();
    for (const { state } of changes) counts.set(state, (counts.get(state) ?? 0) + 1);
    const states = [...counts].map(([state, count]) =>
      fill(this.#words.announcePart, { state, count: String(count) }),
    );
    return fill(this.#words.announceMany, {
      count: String(changes.length),
      states: states.join(this.#words.listed),
    });
  }
}
