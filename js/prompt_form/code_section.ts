/* The folded part of a form that shows what it would send, as Python or curl, to be copied. */
import { CopyButton } from "../shared/copy_button";
import { element, setText } from "../shared/dom";
import { Choice } from "./controls";
import type { FormCode } from "./form_code";
import type { Words } from "./words";

/** Milliseconds for which code that is on its way is not spoken of. */
const PATIENCE_MS = 500;

type Language = "python" | "curl";

export class CodeSection {
  readonly el: HTMLDetailsElement;
  readonly #code: FormCode;
  readonly #words: Words;
  readonly #copy: CopyButton;
  readonly #text = element("code", { translate: "no", lang: "" });
  readonly #box: HTMLElement;
  readonly #status = element("span", { class: "lumen-code-status", role: "status" });
  #language: Language = "python";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `id` names the radio buttons of this view. */
  constructor(id: string, code: FormCode, words: Words, signal: AbortSignal) {
    this.#code = code;
    this.#words = words;
    this.#copy = new CopyButton(words.copyCode, words);
    this.#box = element("pre", { class: "lumen-code", tabindex: "0", dir: "ltr" }, this.#text);
    this.#box.setAttribute("role", "group");
    const choice = new Choice(
      id,
      [
        ["python", "Python"],
        ["curl", "curl"],
      ],
      (language) => {
        this.#language = language as Language;
        this.#show();
      },
    );
    choice.show(this.#language);
    choice.el.setAttribute("role", "radiogroup");
    choice.el.setAttribute("aria-label", words.asCode);
    this.el = element(
      "details",
      { class: "lumen-more lumen-as-code" },
      element("summary", {}, words.asCode),
      element("div", { class: "lumen-code-head" }, choice.el, this.#copy.el, this.#status),
      this.#box,
    );
    const show = () => this.#show();
    this.el.addEventListener("toggle", () => {
      if (this.el.open && !signal.aborted) code.read(show);
      else code.unread(show);
    });
    signal.addEventListener("abort", () => {
      code.unread(show);
      clearTimeout(this.#timer);
    });
  }

  #show(): void {
    const { current, ended } = this.#code;
    const name = this.#language === "python" ? "Python" : "curl";
    setText(this.#text, this.#code[this.#language]);
    this.#box.setAttribute("aria-label", name);
    this.#box.toggleAttribute("data-old", !current);
    this.#copy.text = current ? this.#code[this.#language] : "";
    this.#copy.el.setAttribute("aria-disabled", String(!current));
    clearTimeout(this.#timer);
    if (current) this.#status.textContent = "";
    else if (ended) this.#status.textContent = this.#words.codeGone;
    else {
      const wait = () => {
        this.#status.textContent = this.#words.codeWaits;
      };
      this.#timer = setTimeout(wait, PATIENCE_MS);
    }
  }
}
