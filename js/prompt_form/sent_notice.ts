/* What was sent before this page was loaded and is not answered yet, as the form says it: with its
   prompt, and the way to have it back in the fields. */
import { element } from "../shared/dom";
import { fill, shortened } from "../shared/words";
import { button } from "./controls";
import type { SentSubmit } from "./sent_requests";
import type { FormState } from "./state";
import type { Words } from "./words";

/** Characters of a prompt by which it is recognised. */
const PROMPT_LENGTH = 80;

export class SentNotice {
  readonly el = element("div", { class: "lumen-sent", role: "status", hidden: "" });
  readonly #state: FormState;
  readonly #words: Words;
  #shown = "";

  constructor(state: FormState, words: Words) {
    this.#state = state;
    this.#words = words;
  }

  /** Shows the submits; `label` is that of the button that sends. */
  update(label: string): void {
    const { sent } = this.#state;
    const states = sent.map((one) => [one.request, one.answered, this.#state.isAsSent(one)]);
    const shown = JSON.stringify([label, states]);
    // every key typed comes here, and a button that is replaced loses the focus
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.el.hidden = sent.length === 0;
    this.el.replaceChildren(...sent.map((one) => this.#line(one, label)));
  }

  #line(sent: SentSubmit, label: string): HTMLElement {
    const words = this.#words;
    if (sent.answered) return element("p", {}, words.sentBefore);
    const prompt = sent.fields.find(({ field }) => field === "prompt")?.value ?? "";
    const line = element(
      "p",
      {},
      element("q", { dir: "auto" }, shortened(String(prompt), PROMPT_LENGTH)),
      " ",
    );
    if (this.#state.isAsSent(sent)) line.append(fill(words.sentWaiting, { button: label }));
    else {
      line.append(
        words.sentOther,
        " ",
        button(words.putBack, () => this.#state.putBack(sent)),
      );
    }
    line.append(
      " ",
      button(words.forget, () => this.#state.forgetSent(sent)),
    );
    return line;
  }
}
