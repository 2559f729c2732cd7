/* Says changes of state aloud: politely, failures at once; many together are said as a count. */
import { element } from "../shared/dom";
import { fill } from "../shared/words";
import type { Words } from "./words";

// changes this close together are one event for a person
const TOGETHER_MS = 250;

/** A row that has another state than before. */
export interface Change {
  state: string;
  prompt: string;
  bad: boolean;
}

export class Announcer {
  readonly polite = element("span", { class: "lumen-heard", role: "status" });
  readonly assertive = element("span", { class: "lumen-heard", role: "alert" });
  readonly #words: Words;
  #waiting: Change[] = [];
  #timer = 0;

  constructor(words: Words, signal: AbortSignal) {
    this.#words = words;
    signal.addEventListener("abort", () => window.clearTimeout(this.#timer));
  }

  say(change: Change): void {
    if (this.#waiting.length === 0) {
      this.#timer = window.setTimeout(() => this.#speak(), TOGETHER_MS);
    }
    this.#waiting.push(change);
  }

  #speak(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [ear, changes] of [
      [this.assertive, waiting.filter(({ bad }) => bad)],
      [this.polite, waiting.filter(({ bad }) => !bad)],
    ] as const) {
      if (changes.length > 0) ear.textContent = this.#sentence(changes);
    }
  }

  #sentence(changes: Change[]): string {
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
      states: states.join(", "),
    });
  }
}
