/* The form's controls: a field with its label, hint and error; a text box that grows; a choice of a few values. */
import { element, icon } from "../shared/dom";

const WARNING = ["M8 2.2l6.2 11.3H1.8z", "M8 6.5v3", "M8 11.5v.1"];

/** A line that says what is wrong with a control. */
export class ErrorLine {
  readonly el: HTMLElement;
  readonly #words = element("span");

  constructor(id: string) {
    this.el = element("p", { class: "lumen-error", id, hidden: "" }, icon(...WARNING), this.#words);
  }

  /** Shows an error; an empty text removes it. */
  show(text: string): void {
    this.#words.textContent = text;
    this.el.hidden = text === "";
  }
}

/** Has a control described by those of these elements that are shown. */
function describe(control: HTMLElement, ...by: HTMLElement[]): void {
  const ids = by.filter((one) => !one.hidden).map((one) => one.id);
  if (ids.length > 0) control.setAttribute("aria-describedby", ids.join(" "));
  else control.removeAttribute("aria-describedby");
}

/** A control with its label above it, and its hint and its error below. */
export class Field {
  readonly el: HTMLElement;
  readonly #hint: HTMLElement;
  readonly #error: ErrorLine;
  readonly #control: HTMLElement;

  /** `group` makes a fieldset with a legend, for a control that is several elements; "radio" says
      that these are radio buttons. */
  constructor(
    id: string,
    label: string,
    control: HTMLElement,
    options: { group?: boolean | "radio"; hint?: string; aside?: HTMLElement } = {},
  ) {
    this.#control = options.group ? element("fieldset") : control;
    this.#hint = element("p", { class: "lumen-hint", id: `${id}-hint` }, options.hint ?? "");
    this.#hint.hidden = !options.hint;
    this.#error = new ErrorLine(`${id}-error`);
    if (options.group) {
      if (options.group === "radio") this.#control.setAttribute("role", "radiogroup");
      this.#control.append(element("legend", { class: "lumen-label" }, label), control);
      this.#control.append(this.#hint, this.#error.el);
      this.el = this.#control;
    } else {
      control.id = id;
      const name = element("label", { class: "lumen-label", for: id }, label);
      const head = element("div", { class: "lumen-field-head" }, name);
      if (options.aside) head.append(options.aside);
      this.el = element("div", {}, head, control, this.#hint, this.#error.el);
    }
    this.el.classList.add("lumen-field");
    this.#describe();
  }

  hint(text: string): void {
    if (this.#hint.textContent === text) return;
    this.#hint.textContent = text;
    this.#hint.hidden = text === "";
    this.#describe();
  }

  /** Shows an error; an empty text removes it. */
  error(text: string): void {
    this.#error.show(text);
    // in a group, only its text fields; a group of pictures has no control that could be invalid
    const controls = this.#control.matches("fieldset:not([role])")
      ? this.#control.querySelectorAll(":scope > * > * input[type=text]")
      : [this.#control];
    for (const control of controls) {
      if (text === "") control.removeAttribute("aria-invalid");
      else control.setAttribute("aria-invalid", "true");
    }
    this.#describe();
  }

  /** Focuses the control to change. */
  focus(): void {
    const first = this.#control.matches("fieldset")
      ? this.#control.querySelector<HTMLElement>(
          "input:checked, input:not([type=file]):not(:disabled), button:not(:disabled)",
        )
      : this.#control;
    first?.focus();
  }

  #describe(): void {
    describe(this.#control, this.#error.el, this.#hint);
  }
}

/** A checkbox with its label beside it, and its hint and its error below. */
export class CheckField {
  readonly el: HTMLElement;
  readonly #input = element("input", { type: "checkbox" });
  readonly #hint: HTMLElement;
  readonly #error: ErrorLine;

  constructor(id: string, label: string, changed: (checked: boolean) => void) {
    this.#input.id = id;
    this.#hint = element("p", { class: "lumen-hint", id: `${id}-hint`, hidden: "" });
    this.#error = new ErrorLine(`${id}-error`);
    this.el = element(
      "div",
      { class: "lumen-check" },
      element("label", {}, this.#input, element("span", {}, label)),
      this.#hint,
      this.#error.el,
    );
    this.#input.addEventListener("change", () => changed(this.#input.checked));
  }

  show(checked: boolean, disabled: boolean, hint: string): void {
    this.#input.checked = checked;
    this.#input.disabled = disabled;
    this.#hint.textContent = hint;
    this.#hint.hidden = hint === "";
    this.#describe();
  }

  /** Shows an error; an empty text removes it. */
  error(text: string): void {
    this.#error.show(text);
    if (text === "") this.#input.removeAttribute("aria-invalid");
    else this.#input.setAttribute("aria-invalid", "true");
    this.#describe();
  }

  focus(): void {
    this.#input.focus();
  }

  #describe(): void {
    describe(this.#input, this.#error.el, this.#hint);
  }
}

/** A text box that is as high as its text. */
export function growingBox(rows: number, placeholder: string): HTMLTextAreaElement {
  const box = element("textarea", {
    class: "lumen-input lumen-growing",
    rows: String(rows),
    dir: "auto",
    placeholder,
    spellcheck: "true",
  });
  return box;
}

/** Fits a box's height to its text, where the browser does not support `field-sizing`. */
export function fitHeight(box: HTMLTextAreaElement): void {
  if (typeof CSS !== "undefined" && CSS.supports?.("field-sizing", "content")) return;
  box.style.blockSize = "auto";
  box.style.blockSize = `${box.scrollHeight + 2}px`;
}

/** A choice of a few values: radio buttons that look like one control. */
export class Choice {
  readonly el = element("div", { class: "lumen-form-choice" });
  readonly #inputs = new Map<string, HTMLInputElement>();
  readonly #name: string;
  readonly #chosen: (value: string) => void;

  constructor(name: string, options: [string, string][], chosen: (value: string) => void) {
    this.#name = name;
    this.#chosen = chosen;
    for (const [value, label] of options) this.#add(value, label);
  }

  /** Checks a value; one that is not offered yet is added, unless it is `hidden`. */
  show(value: string, hidden = false): void {
    if (!this.#inputs.has(value) && !hidden) this.#add(value, value);
    for (const [offered, input] of this.#inputs) input.checked = offered === value;
  }

  #add(value: string, label: string): void {
    const input = element("input", { type: "radio", name: this.#name, value });
    input.addEventListener("change", () => this.#chosen(value));
    this.#inputs.set(value, input);
    this.el.append(element("label", {}, input, element("span", { dir: "auto" }, label)));
  }
}

/** A button that does not submit. */
export function button(label: string, pressed: () => void, ...content: Node[]): HTMLButtonElement {
  const made = element("button", { type: "button", class: "lumen-button" });
  if (content.length > 0) {
    made.setAttribute("aria-label", label);
    made.title = label;
    made.append(...content);
  } else {
    made.textContent = label;
  }
  made.addEventListener("click", pressed);
  return made;
}
