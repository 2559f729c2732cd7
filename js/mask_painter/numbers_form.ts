/* Shapes by numbers: a small form for known coordinates, and for users who cannot drag. */
import { element } from "../shared/dom";
import { newId } from "../shared/ids";
import { submitByEnter } from "../shared/keyboard";
import type { Mode, Shape } from "./operations";
import type { Tools } from "./tools";
import type { Words } from "./words";

const FIELDS = ["x", "y", "width", "height"] as const;
type Field = (typeof FIELDS)[number];

export class NumbersForm {
  readonly el: HTMLDetailsElement;
  readonly #inputs = new Map<Field, HTMLInputElement>();
  readonly #kind: HTMLSelectElement;
  readonly #mode: HTMLSelectElement;
  readonly #error = element("p", { class: "lumen-field-error", role: "alert" });
  readonly #words: Words;

  constructor(tools: Tools, words: Words) {
    this.#words = words;
    this.#error.id = `lumen-${newId()}`;
    this.#kind = select(["rectangle", "ellipse"], words);
    this.#mode = select(["add", "subtract", "intersect"], words);
    const { width, height } = tools.mask.raster;
    const first = {
      x: Math.floor(width / 4),
      y: Math.floor(height / 4),
      width: Math.max(1, Math.floor(width / 2)),
      height: Math.max(1, Math.floor(height / 2)),
    };
    const form = element(
      "form",
      { class: "lumen-painter-numbers", novalidate: "" },
      field(words.shape, this.#kind),
    );
    for (const name of FIELDS) {
      const input = element("input", {
        class: "lumen-input",
        type: "number",
        step: "any",
        value: String(first[name]),
        "aria-describedby": this.#error.id,
      });
      submitByEnter(input);
      this.#inputs.set(name, input);
      form.append(field(words[name], input));
    }
    form.append(
      field(words.mode, this.#mode),
      element("button", { type: "submit", class: "lumen-button" }, words.put),
      this.#error,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const shape = this.#shape();
      if (shape) tools.apply(shape);
    });
    this.el = element(
      "details",
      { class: "lumen-painter-more" },
      element("summary", {}, words.numbers),
      form,
    );
  }

  /** The shape that is typed; null after showing an error. */
  #shape(): Shape | null {
    const found = { x: 0, y: 0, width: 0, height: 0 };
    this.#error.textContent = "";
    let wrong: HTMLInputElement | null = null;
    for (const [name, input] of this.#inputs) {
      const value = input.valueAsNumber;
      const positive = name === "width" || name === "height";
      const good = Math.abs(value) <= 1e6 && (!positive || value > 0);
      input.setAttribute("aria-invalid", String(!good));
      if (good) found[name] = value;
      else if (!wrong) {
        wrong = input;
        this.#error.textContent = positive ? this.#words.needPositive : this.#words.needNumber;
      }
    }
    wrong?.focus();
    if (wrong) return null;
    const kind = this.#kind.value as Shape["kind"];
    return { kind, ...found, mode: this.#mode.value as Mode };
  }
}

function field(label: string, control: HTMLElement): HTMLElement {
  return element("label", { class: "lumen-painter-field" }, label, control);
}

function select(names: ("rectangle" | "ellipse" | Mode)[], words: Words): HTMLSelectElement {
  return element(
    "select",
    { class: "lumen-input" },
    ...names.map((name) => element("option", { value: name }, words[name])),
  );
}
