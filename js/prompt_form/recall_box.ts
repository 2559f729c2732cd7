/* Settings that come back: what would change, for the user to choose from, and then the way back. */
import { element, setText } from "../shared/dom";
import { newId } from "../shared/ids";
import { KernelWait } from "../shared/kernel_wait";
import { isComposing } from "../shared/keyboard";
import { fill } from "../shared/words";
import { button } from "./controls";
import type { FieldChange } from "./messages";
import type { StripState } from "./strip_state";
import { lostWords } from "./strip_words";
import type { Words } from "./words";

/** The form's label of each field that comes back. */
export function fieldLabel(field: string, words: Words): string {
  const labels: Record<string, string> = {
    prompt: words.prompt,
    negative_prompt: words.negative,
    model: words.model,
    n: words.n,
    size: words.size,
    resolution: words.resolution,
    quality: words.quality,
    extra: words.extra,
    images: words.images,
    mask: words.mask,
    exact: words.exact,
    crop: words.crop,
    left: words.growLeft,
    top: words.growTop,
    right: words.growRight,
    bottom: words.growBottom,
  };
  return labels[field] ?? field;
}

export interface RecallHooks {
  /** The box is gone, and had the focus. */
  closed: () => void;
}

export class RecallBox {
  readonly el: HTMLElement;
  readonly #box = element("div", { class: "lumen-recall", hidden: "" });
  /** Says what came of it to those who do not see the box: a live region stays in the page. */
  readonly #heard = element("p", { class: "lumen-heard", role: "status" });
  readonly #state: StripState;
  readonly #words: Words;
  readonly #hooks: RecallHooks;
  readonly #status = element("p", { class: "lumen-hint", role: "status" });
  #expected = false;
  #shown = "";
  /** Whether a button was pressed that is not answered yet: a second press would undo the first. */
  #pressed = false;
  readonly #wait: KernelWait;

  constructor(state: StripState, words: Words, hooks: RecallHooks, signal: AbortSignal) {
    this.#state = state;
    this.#words = words;
    this.#hooks = hooks;
    const say = (text: string) => setText(this.#status, text);
    this.#wait = new KernelWait(state.connection, words, say, signal);
    this.el = element("div", {}, this.#box, this.#heard);
    this.el.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || isComposing(event)) return;
      event.preventDefault();
      this.#press(() => {
        // as its last button does: the form stays as it is
        if (state.recall.state === "offered") state.choose(null);
        else state.undo(true);
      });
    });
    state.listen((part) => {
      if (part === "recall") this.#show();
    }, signal);
    this.#show();
  }

  /** The next offer was asked for in this view: it gets the focus. */
  expect(): void {
    if (this.#state.recall.state === "offered") this.#focus();
    else this.#expected = true;
  }

  /** Does what a button says, once until the kernel has answered. */
  #press(act: () => void): void {
    if (this.#pressed) return;
    this.#pressed = true;
    for (const one of this.el.querySelectorAll("button")) one.setAttribute("aria-disabled", "true");
    this.#wait.begin();
    act();
  }

  #show(): void {
    const { recall } = this.#state;
    this.#pressed = false;
    this.#wait.end();
    setText(this.#status, "");
    const shown = JSON.stringify(recall);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const over = recall.state === "done" || recall.state === "undone";
    setText(this.#heard, over ? this.#summary() : "");
    const had = this.el.contains(document.activeElement);
    const content = recall.state === "" ? [] : [...this.#content(), this.#status];
    this.#box.replaceChildren(...content);
    this.#box.hidden = content.length === 0;
    if (this.#box.hidden) {
      if (had) this.#hooks.closed();
      return;
    }
    if (had || (this.#expected && recall.state === "offered")) this.#focus();
    this.#expected = false;
  }

  #focus(): void {
    this.el.querySelector<HTMLElement>("input, button")?.focus();
  }

  #content(): HTMLElement[] {
    const words = this.#words;
    const { recall } = this.#state;
    if (recall.state === "offered") return this.#offer();
    const undone = recall.state === "undone";
    return [
      element("p", {}, this.#summary()),
      ...this.#lost(undone ? [] : recall.lost),
      element(
        "div",
        { class: "lumen-recall-buttons" },
        button(undone ? words.recallRedo : words.recallUndo, () =>
          this.#press(() => this.#state.undo()),
        ),
        button(words.recallForget, () => this.#press(() => this.#state.undo(true))),
      ),
    ];
  }

  #summary(): string {
    const words = this.#words;
    const { recall } = this.#state;
    const labels = recall.fields.map((field) => fieldLabel(field, words)).join(words.listed);
    const sentence = recall.state === "undone" ? words.recallUndone : words.recallDone;
    return fill(sentence, { name: recall.name, fields: labels });
  }

  #offer(): HTMLElement[] {
    const words = this.#words;
    const { recall } = this.#state;
    const boxes = new Map<string, HTMLInputElement>();
    const rows = recall.changes.map((change) => {
      const box = element("input", { type: "checkbox", checked: "" });
      boxes.set(change.field, box);
      return this.#row(change, box);
    });
    const legend = element(
      "legend",
      { class: "lumen-label" },
      recall.name === "" ? words.recallNone : fill(words.recallOffer, { name: recall.name }),
    );
    const list = element("fieldset", { class: "lumen-field" }, legend, ...rows);
    const same = recall.changes.length === 0 && recall.name !== "";
    const chosen = () => [...boxes].filter(([, box]) => box.checked).map(([field]) => field);
    const buttons = element("div", { class: "lumen-recall-buttons" });
    if (rows.length > 0)
      buttons.append(
        button(words.recallBring, () => this.#press(() => this.#state.choose(chosen()))),
      );
    const leave = rows.length > 0 ? words.recallLeave : words.recallForget;
    buttons.append(button(leave, () => this.#press(() => this.#state.choose(null))));
    return [
      list,
      ...(same ? [element("p", {}, words.recallSame)] : []),
      ...this.#lost(recall.lost),
      buttons,
    ];
  }

  #row(change: FieldChange, box: HTMLInputElement): HTMLElement {
    const words = this.#words;
    const id = `lumen-${newId()}`;
    box.setAttribute("aria-describedby", id);
    const value = (text: string) =>
      element(
        "bdi",
        text === "" ? { class: "lumen-recall-nothing" } : {},
        this.#value(change, text),
      );
    return element(
      "div",
      { class: "lumen-recall-row" },
      element("label", {}, box, element("span", {}, fieldLabel(change.field, words))),
      element(
        "p",
        { class: "lumen-recall-values", id },
        element("span", { class: "lumen-heard" }, `${words.recallNow} `),
        value(change.now),
        element("span", { "aria-hidden": "true" }, " → "),
        element("span", { class: "lumen-heard" }, ` ${words.recallThen} `),
        value(change.back),
      ),
    );
  }

  #value({ field }: FieldChange, text: string): string {
    const words = this.#words;
    if (field === "exact") return text === "True" ? words.yes : words.no;
    return text === "" ? words.recallNothing : text;
  }

  #lost(sentences: string[]): HTMLElement[] {
    if (sentences.length === 0) return [];
    const lines = sentences.map((one) => element("li", {}, lostWords(one, this.#words.lang)));
    return [element("ul", { class: "lumen-recall-lost" }, ...lines)];
  }
}
