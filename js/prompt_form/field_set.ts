/* The fields of one view by name: the value and the error of each. */
import { element } from "../shared/dom";
import { Choice, Field, fitHeight, growingBox } from "./controls";
import type { FieldName } from "./draft";
import type { FormState } from "./state";
import type { Words } from "./words";
import { errorWords } from "./words";

/** A field that can show an error and take the focus. */
interface FieldControl {
  error: (text: string) => void;
  focus: () => void;
}

export class FieldSet {
  readonly #state: FormState;
  readonly #words: Words;
  readonly #id: string;
  readonly #controls = new Map<string, FieldControl & { label: string }>();
  readonly #setters = new Map<FieldName, (text: string) => void>();

  constructor(id: string, state: FormState, words: Words) {
    this.#id = id;
    this.#state = state;
    this.#words = words;
  }

  /** The id of a field's element. */
  id(name: string): string {
    return `${this.#id}-${name}`;
  }

  /** Registers a field under the keyword of its errors; `show` writes the trait's value into it. */
  register(name: string, label: string, field: FieldControl, show?: (text: string) => void): void {
    const error = (text: string) => field.error(text);
    this.#controls.set(name, { label, error, focus: () => field.focus() });
    if (show) this.#setters.set(name as FieldName, show);
  }

  /** Makes a text box of several lines; `keyword` is that of its errors where it differs. */
  text(name: FieldName, label: string, hint: string, keyword: string = name): HTMLElement {
    const box = growingBox(1, "");
    const field = new Field(this.id(name), label, box, { hint });
    box.addEventListener("input", () => {
      this.#state.draft.edit(name, box.value);
      fitHeight(box);
    });
    this.register(keyword, label, field);
    this.#setters.set(name, (text) => {
      if (box.value !== text) box.value = text;
      fitHeight(box);
    });
    return field.el;
  }

  /** Makes a text field for an address. */
  address(name: FieldName, label: string, hint: string): HTMLElement {
    const input = element("input", {
      class: "lumen-input",
      type: "url",
      placeholder: "https://…",
      autocomplete: "off",
    });
    const field = new Field(this.id(name), label, input, { hint });
    input.addEventListener("input", () => this.#state.draft.edit(name, input.value));
    this.register(name, label, field, (text) => {
      if (input.value !== text) input.value = text;
    });
    return field.el;
  }

  /** Makes a choice of a few values. */
  choice(name: FieldName, label: string, options: [string, string][]): HTMLElement {
    const choice = new Choice(this.id(`${name}-choice`), options, (value) =>
      this.#state.draft.edit(name, value),
    );
    const field = new Field(this.id(name), label, choice.el, { group: "radio" });
    this.register(name, label, field, (text) => {
      // if left out, the service makes one picture
      if (name === "n") choice.show(text || "1", true);
      else choice.show(text);
    });
    return field.el;
  }

  /** Writes a trait's value into its field. */
  show(name: FieldName): void {
    this.#setters.get(name)?.(this.#state.draft.text(name));
  }

  showAll(): void {
    for (const name of this.#setters.keys()) this.show(name);
  }

  /** Shows the errors. A field with the focus shows a new one only on blur or submit (`all`). */
  showErrors(all = false): void {
    const { errors } = this.#state;
    for (const [name, field] of this.#controls) {
      const message = errors.get(name);
      const text = message === undefined ? "" : errorWords(name, message, this.#words);
      const own = this.id(name === "extra" ? "_extra_text" : name);
      const focused = document.activeElement;
      const typing = focused?.id === own || focused?.id === `${own}-text`;
      if (text === "" || all || !typing) field.error(text);
    }
  }

  /** The labels of the fields with an error, from the top. */
  invalidLabels(): string[] {
    const invalid = [...this.#controls].filter(([name]) => this.#state.errors.has(name));
    // several fields may have one label
    return [...new Set(invalid.map(([, { label }]) => label))];
  }

  /** The first field from the top with an error, null if there is none. */
  firstInvalid(): { name: string; focus: () => void } | null {
    for (const [name, { focus }] of this.#controls) {
      if (this.#state.errors.has(name)) return { name, focus };
    }
    return null;
  }
}
