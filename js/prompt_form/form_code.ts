/* The form as code, as the kernel writes it: asked for after each change, while a view shows it. One for
   each model, shared by its views. */
import type { CodeMessage } from "./messages";

/** Milliseconds after the last change until the kernel is asked. */
const DEBOUNCE_MS = 200;

export class FormCode {
  python = "";
  curl = "";
  /** Whether it is what the form would send now. */
  current = false;
  /** Whether the kernel is gone: then no more code comes. */
  ended = false;
  readonly #ask: () => Promise<CodeMessage | null>;
  readonly #readers = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  #changed = false;

  /** `ask` asks the kernel for the code of what the form holds then. */
  constructor(ask: () => Promise<CodeMessage | null>, signal: AbortSignal) {
    this.#ask = ask;
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Keeps the code up to date for a view, and calls `reader` with each change. */
  read(reader: () => void): void {
    this.#readers.add(reader);
    if (!this.current) this.#askSoon(0);
    reader();
  }

  /** The view shows the code no more. */
  unread(reader: () => void): void {
    this.#readers.delete(reader);
  }

  /** Takes in that the form may be other code now. */
  change(): void {
    this.current = false;
    this.#changed = true;
    this.#askSoon(DEBOUNCE_MS);
    this.#notify();
  }

  #askSoon(ms: number): void {
    // while the kernel is busy, one question waits for it and not one for each key
    if (this.#readers.size === 0 || this.#asking) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#fetch(), ms);
  }

  async #fetch(): Promise<void> {
    this.#asking = true;
    this.#changed = false;
    const answer = await this.#ask();
    this.#asking = false;
    if (answer === null) {
      this.ended = true;
    } else {
      this.python = answer.python;
      this.curl = answer.curl;
      this.current = !this.#changed;
      if (this.#changed) this.#askSoon(DEBOUNCE_MS);
    }
    this.#notify();
  }

  #notify(): void {
    for (const reader of [...this.#readers]) reader();
  }
}
