/* The text fields of a form in one page: shared by its views, and sent to the kernel a moment after the
   last key.

   A trait is set only when it is sent. ipywidgets echoes every update, and an echo would replace what
   was typed since. */
import type { AnyModel } from "@anywidget/types";
import type { Connection } from "../shared/connection";
import type { PromptFormModel, TypedField } from "./messages";

/** The traits that the form's fields edit. */
export const FIELDS = [
  "prompt",
  "negative_prompt",
  "model",
  "n",
  "size",
  "resolution",
  "quality",
  "webhook_url",
  "_extra_text",
] as const;
export type FieldName = (typeof FIELDS)[number];
type Value = string | number | null;

/** Milliseconds after the last key until what was typed is sent. */
const DEBOUNCE_MS = 300;

export class Draft {
  readonly #model: AnyModel<PromptFormModel>;
  readonly #connection: Connection;
  readonly #values = new Map<FieldName, Value>();
  /** Typed, and not sent. */
  readonly #unsent = new Set<FieldName>();
  /** Typed in this page since the kernel last changed it. */
  readonly #edited = new Set<FieldName>();
  readonly #listeners = new Set<(name: FieldName) => void>();
  #flushing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(model: AnyModel<PromptFormModel>, connection: Connection, signal: AbortSignal) {
    this.#model = model;
    this.#connection = connection;
    for (const name of FIELDS) {
      this.#values.set(name, model.get(name));
      const changed = () => this.#changed(name);
      model.on(`change:${name}`, changed);
      signal.addEventListener("abort", () => model.off(`change:${name}`, changed));
    }
    const leave = () => this.#leave();
    globalThis.addEventListener("pagehide", leave);
    signal.addEventListener("abort", () => {
      globalThis.removeEventListener("pagehide", leave);
      clearTimeout(this.#timer);
    });
  }

  text(name: FieldName): string {
    const value = this.#values.get(name);
    return value === null || value === undefined ? "" : String(value);
  }

  get fields(): TypedField[] {
    return FIELDS.map((field) => ({ field, value: this.#values.get(field) ?? null }));
  }

  /** Sets a field to what was typed; an empty text leaves an optional field out. */
  edit(name: FieldName, text: string): void {
    const optional = name !== "prompt" && name !== "model" && name !== "_extra_text";
    const value = name === "n" ? (text === "" ? null : Number(text)) : text;
    this.#values.set(name, optional && text === "" ? null : value);
    this.#unsent.add(name);
    this.#edited.add(name);
    for (const listener of this.#listeners) listener(name);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), DEBOUNCE_MS);
  }

  /** Calls `listener` when a field's value changes, until `signal` aborts. */
  listen(listener: (name: FieldName) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  flush(): void {
    clearTimeout(this.#timer);
    if (this.#unsent.size === 0) return;
    this.#flushing = true;
    for (const name of this.#unsent)
      this.#model.set(name, (this.#values.get(name) ?? null) as never);
    this.#flushing = false;
    this.#unsent.clear();
    this.#connection.save();
  }

  /** Before the page is closed: updates that ipywidgets holds back for a busy kernel go as a message. */
  #leave(): void {
    this.flush();
    if (this.#edited.size === 0) return;
    const fields = this.fields.filter(({ field }) => this.#edited.has(field as FieldName));
    this.#connection.send({ kind: "typed", fields });
  }

  #changed(name: FieldName): void {
    if (this.#flushing || this.#unsent.has(name)) return;
    const value = this.#model.get(name);
    if (value === this.#values.get(name)) return;
    this.#values.set(name, value);
    this.#edited.delete(name);
    for (const listener of this.#listeners) listener(name);
  }
}
