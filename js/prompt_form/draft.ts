/* The text fields of a form in one page: shared by its views, and sent to the kernel a moment after the
   last key.

   A trait is set only when it is sent. ipywidgets echoes every update, and an echo would replace what
   was typed since. */
import type { AnyModel } from "@anywidget/types";
import type { Connection } from "../shared/connection";
import { NO_SIDES, SIDES, type Sides } from "../shared/side_numbers";
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
  "exact",
  "crop",
  ...SIDES,
  "_extra_text",
] as const;
export type FieldName = (typeof FIELDS)[number];
export type Value = TypedField["value"];

/** What looks like an API key, as the kernel knows it, and the space before it. */
const KEY =
  /\s?(?:(?<!\p{Script=Latin}|[\u0300-\u036f0-9]|&(?:[A-Za-z]{1,2}(?:acute|breve|caron|cedil|circ|dblac|dot|grave|lig|macr|ogon|ring|slash|strok|tilde|uml)|#(?:19[2-9]|[2-5]\d\d)|#[xX](?:[c-fC-F]|1[\da-fA-F]|2[0-4])[\da-fA-F]);)|(?<=\\[bnrtfv]|\\u(?:00(?:[0-289abAB].|3[a-fA-F])|03[7-9a-fA-F].|0[4-9a-fA-F]..|[2-9a-fA-F]...)|%(?:25)*(?:[0-2].|3[a-fA-F])))sk-[A-Za-z0-9_-]{12,}/gu;
const MAY_HOLD_KEY = new Set<FieldName>(["prompt", "negative_prompt", "model", "_extra_text"]);

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
  /** Called with a field out of which a key was cut. */
  keyCut: (name: FieldName) => void = () => {};
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

  /** Whether a repaint is put back into its picture. */
  get exact(): boolean {
    return this.#values.get("exact") === true;
  }

  /** How much is sent of what is around a mask; null sends all of the picture. */
  get crop(): number | null {
    const crop = this.#values.get("crop");
    return typeof crop === "number" ? crop : null;
  }

  get sides(): Sides {
    const sides = { ...NO_SIDES };
    for (const side of SIDES) sides[side] = Number(this.#values.get(side) ?? 0);
    return sides;
  }

  /** Whether the picture grows on a side. */
  get extends(): boolean {
    return Object.values(this.sides).some((pixels) => pixels !== 0);
  }

  get fields(): TypedField[] {
    return FIELDS.map((field) => ({ field, value: this.#values.get(field) ?? null }));
  }

  /** Sets a field to what was typed; an empty text leaves an optional field out. */
  edit(name: FieldName, text: string): void {
    const optional = name !== "prompt" && name !== "model" && name !== "_extra_text";
    const value = name === "n" ? (text === "" ? null : Number(text)) : text;
    this.set(name, optional && text === "" ? null : value);
  }

  /** Sets the sides that differ. */
  setSides(sides: Readonly<Sides>): void {
    for (const side of SIDES)
      if (this.#values.get(side) !== sides[side]) this.set(side, sides[side]);
  }

  /** Sets a field to a value. */
  set(name: FieldName, typed: Value): void {
    // what is in the form's state is saved with the notebook
    const value = MAY_HOLD_KEY.has(name) ? withoutKey(typed) : typed;
    this.#values.set(name, value);
    this.#unsent.add(name);
    this.#edited.add(name);
    for (const listener of this.#listeners) listener(name);
    if (value !== typed) this.keyCut(name);
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

function withoutKey(value: Value): Value {
  if (typeof value !== "string") return value;
  const kept = value.replace(KEY, "");
  return kept === value ? value : kept.trim();
}
