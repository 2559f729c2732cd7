/* The fields of one view by name: what each holds, and what is wrong with it. */
import { element } from "../shared/dom";
import { Choice, Field, growing, stretch } from "./controls";
import type { TypedName } from "./draft";
import type { FormState } from "./state";
import type { Words } from "./words";
import { errorWords } from "./words";

/** Something that can show an error and take the focus. */
interface Faulty {
  error: (text: string) => void;
  focus: () => void;
}

export class FieldSet {
  readonly #state: FormState;
  readonly #words: Words;
  readonly #id: string;
  readonly #faulty = new Map<string, Faulty & { label: string }>();
  readonly #shown = new Map<TypedName, (text: string) => void>();

  constructor(id: string, state: FormState, words: Words) {
    this.#id = id;
    this.#state = state;
    this.#words = words;
  }

  /** The id of a field's element. */
  id(name: string): string {
    return `${this.#id}-${name}`;
  }

  /** Keeps a field under the keyword of its errors; `show` puts in what a trait holds. */
  keep(name: string, label: string, field: Faulty, show?: (text: string) => void): void {
    const error = (text: string) => field.error(text);
    this.#faulty.set(name, { label, error, focus: () => field.focus() });
    if (show) this.#shown.set(name as TypedName, show);
  }

  /** Makes a text of several lines; `fault` is the keyword of its errors where it differs. */
  text(name: TypedName, label: string, hint: string, fault: string = name): HTMLElement {
    const box = growing(1, "");
    const field = new Field(this.id(name), label, box, { hint });
    box.addEventListener("input", () => {
      this.#state.draft.type(name, box.value);
      stretch(box);
    });
    this.keep(fault, label, field);
    this.#shown.set(name, (text) => {
      if (box.value !== text) box.value = text;
      stretch(box);
    });
    return field.el;
  }

  /** Makes a line for an address. */
  address(name: TypedName, label: string, hint: string): HTMLElement {
    const input = element("input", {
      class: "lumen-input",
      type: "url",
      placeholder: "https://…",
      autocomplete: "off",
    });
    const field = new Field(this.id(name), label, input, { hint });
    input.addEventListener("input", () => this.#state.draft.type(name, input.value));
    this.keep(name, label, field, (text) => {
      if (input.value !== text) input.value = text;
    });
    return field.el;
  }

  /** Makes a choice of a few. */
  choice(name: TypedName, label: string, options: [string, string][]): HTMLElement {
    const choice = new Choice(this.id(`${name}-choice`), options, (value) =>
      this.#state.draft.type(name, value),
    );
    const field = new Field(this.id(name), label, choice.el, { group: "radio" });
    this.keep(name, label, field, (text) => {
      // left out, the service makes one
      if (name === "n") choice.show(text || "1", true);
      else choice.show(text);
    });
    return field.el;
  }

  /** Puts what a trait holds into its field. */
  show(name: TypedName): void {
    this.#shown.get(name)?.(this.#state.draft.text(name));
  }

  showAll(): void {
    for (const name of this.#shown.keys()) this.show(name);
  }

  /** Shows what is wrong; of the field that somebody types in, only once they leave or submit. */
  showErrors(all = false): void {
    const { errors } = this.#state;
    for (const [name, field] of this.#faulty) {
      const message = errors.get(name);
      const text = message === undefined ? "" : errorWords(name, message, this.#words);
      const own = this.id(name === "extra" ? "_extra_text" : name);
      const focused = document.activeElement;
      const typing = focused?.id === own || focused?.id === `${own}-text`;
      if (text === "" || all || !typing) field.error(text);
    }
  }

  /** The labels of the fields with an error, from the top. */
  wrongLabels(): string[] {
    const wrong = [...this.#faulty].filter(([name]) => this.#state.errors.has(name));
    return wrong.map(([, { label }]) => label);
  }

  /** The first field from the top with an error, null if there is none. */
  firstWrong(): { name: string; focus: () => void } | null {
    for (const [name, { focus }] of this.#faulty) {
      if (this.#state.errors.has(name)) return { name, focus };
    }
    return null;
  }
}
