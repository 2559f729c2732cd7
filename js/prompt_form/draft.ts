/* What is typed in one page: the fields of a form, shared by its views, and handed to the kernel a
   moment after somebody stopped typing.

   A trait is set only when it is handed over. ipywidgets echoes every update, and an echo would
   replace what was typed since. */
import type { AnyModel } from "@anywidget/types";
import type { PromptFormModel, TypedField } from "./messages";

/** The traits that people type into. */
export const TYPED = [
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
export type TypedName = (typeof TYPED)[number];
type Value = string | number | null;

/** Milliseconds without a key after which what was typed is handed over. */
const PAUSE = 300;

export class Draft {
  readonly #model: AnyModel<PromptFormModel>;
  readonly #values = new Map<TypedName, Value>();
  /** Typed, and not handed over. */
  readonly #waiting = new Set<TypedName>();
  /** Typed in this page since the kernel last changed it. */
  readonly #ours = new Set<TypedName>();
  readonly #listeners = new Set<(name: TypedName) => void>();
  #handingOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(model: AnyModel<PromptFormModel>, signal: AbortSignal) {
    this.#model = model;
    for (const name of TYPED) {
      this.#values.set(name, model.get(name));
      const changed = () => this.#changed(name);
      model.on(`change:${name}`, changed);
      signal.addEventListener("abort", () => model.off(`change:${name}`, changed));
    }
    const leave = () => this.leave();
    globalThis.addEventListener("pagehide", leave);
    signal.addEventListener("abort", () => {
      globalThis.removeEventListener("pagehide", leave);
      clearTimeout(this.#timer);
    });
  }

  text(name: TypedName): string {
    const value = this.#values.get(name);
    return value === null || value === undefined ? "" : String(value);
  }

  get fields(): TypedField[] {
    return TYPED.map((field) => ({ field, value: this.#values.get(field) ?? null }));
  }

  /** Takes in what somebody typed; an empty text leaves a field out where that is possible. */
  type(name: TypedName, text: string): void {
    const optional = name !== "prompt" && name !== "model" && name !== "_extra_text";
    const value = name === "n" ? (text === "" ? null : Number(text)) : text;
    this.#values.set(name, optional && text === "" ? null : value);
    this.#waiting.add(name);
    this.#ours.add(name);
    for (const listener of this.#listeners) listener(name);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.handOver(), PAUSE);
  }

  /** Calls `listener` when a field holds something else, until `signal` ends. */
  listen(listener: (name: TypedName) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  handOver(): void {
    clearTimeout(this.#timer);
    if (this.#waiting.size === 0) return;
    this.#handingOver = true;
    for (const name of this.#waiting)
      this.#model.set(name, (this.#values.get(name) ?? null) as never);
    this.#handingOver = false;
    this.#waiting.clear();
    this.#model.save_changes();
  }

  /** The page goes: what ipywidgets still holds back for a busy kernel goes as a message. */
  leave(): void {
    this.handOver();
    if (this.#ours.size === 0) return;
    const fields = this.fields.filter(({ field }) => this.#ours.has(field as TypedName));
    this.#model.send({ kind: "typed", fields });
  }

  #changed(name: TypedName): void {
    if (this.#handingOver || this.#waiting.has(name)) return;
    const value = this.#model.get(name);
    if (value === this.#values.get(name)) return;
    this.#values.set(name, value);
    this.#ours.delete(name);
    for (const listener of this.#listeners) listener(name);
  }
}
