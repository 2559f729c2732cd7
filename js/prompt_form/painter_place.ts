/* Where the mask painter opens in a form: below it, since the painter has a form of its own. The focus
   goes into it when it was opened here, and back when it is closed here. Below the painter stands what
   is wanted next: the prompt once more, the button, and what came of it, since those of the form are a
   screen away. */
import type { Host } from "@anywidget/types";
import { element, setText } from "../shared/dom";
import { oneActionPerGesture } from "../shared/gestures";
import { keepKeys } from "../shared/keyboard";
import type { PainterExports } from "../shared/painter_exports";
import { Slot } from "../shared/slot";
import { fill } from "../shared/words";
import { button, Field, fitHeight, growingBox } from "./controls";
import type { FormState } from "./state";
import type { Words } from "./words";

export interface PainterHooks {
  /** Takes the focus back to the button that opens the painter on a picture. */
  closed: (key: string) => void;
  /** What is painted is to be thrown away. */
  discarding: () => void;
  keydown: (event: KeyboardEvent) => void;
  submit: () => void;
  /** Leads to the pictures that came last. */
  look: () => void;
  /** The painter is here, or is not any more. */
  opened: (isOpen: boolean) => void;
  /** The painter is about to get the focus. */
  reached: () => void;
}

export class PainterPlace {
  /** The painter leaves room for what else is in it. */
  readonly el = element("div", {
    class: "lumen-form-painter",
    hidden: "",
    "data-seen-together": "",
  });
  readonly #state: FormState;
  readonly #words: Words;
  readonly #hooks: PainterHooks;
  readonly #slot: Slot;
  readonly #title = element("span", { class: "lumen-form-painter-title", dir: "auto" });
  readonly #close: HTMLButtonElement;
  readonly #discard: HTMLButtonElement;
  readonly #prompt: HTMLTextAreaElement;
  readonly #submit: HTMLButtonElement;
  /** What the form's own live region says too: not announced once more. */
  readonly #said = element("span");
  readonly #look: HTMLButtonElement;
  readonly #signal: AbortSignal;
  #ref: string | null = null;
  #key = "";
  /** What had the focus when the painter was opened here. */
  #from: Element | null = null;
  #closedHere = false;
  #painter: PainterExports | null = null;

  /** `id` is that of the prompt here. */
  constructor(
    id: string,
    state: FormState,
    words: Words,
    host: Host,
    hooks: PainterHooks,
    signal: AbortSignal,
  ) {
    this.#state = state;
    this.#words = words;
    this.#hooks = hooks;
    this.#signal = signal;
    this.#close = button(words.closePainter, () => this.#end("close_painter"));
    this.#discard = button(words.discard, () => this.#end("discard"));
    const bar = element(
      "div",
      { class: "lumen-form-painter-bar" },
      this.#title,
      this.#close,
      this.#discard,
    );
    const slot = element("div", {});
    this.#slot = new Slot(slot, host, signal);
    this.#prompt = growingBox(1, words.promptExample);
    this.#prompt.addEventListener("input", () => {
      state.draft.edit("prompt", this.#prompt.value);
      fitHeight(this.#prompt);
    });
    this.#prompt.addEventListener("blur", () => state.draft.flush());
    this.#submit = button("", hooks.submit);
    this.#submit.classList.add("lumen-primary");
    this.#look = button(words.lookAtNew, hooks.look);
    const foot = element(
      "div",
      { class: "lumen-form-painter-foot" },
      new Field(id, words.paintedPrompt, this.#prompt).el,
      this.#submit,
      element("p", { class: "lumen-form-painter-state" }, this.#said, this.#look),
    );
    this.el.append(bar, slot, foot);
    this.el.addEventListener("keydown", hooks.keydown);
    // sends the form: in JupyterLab it would run the cell
    keepKeys(this.el, signal, (event) => event.key === "Enter");
    oneActionPerGesture(bar, signal);
    oneActionPerGesture(foot, signal);
  }

  /** Takes in that the painter was opened from this view: the focus goes into it, once it is here. */
  enter(): void {
    if (this.#painter) this.#focus(this.#painter);
    else this.#from = document.activeElement;
  }

  /** Shows what the prompt is, in this field too. */
  showPrompt(text: string): void {
    if (this.#prompt.value !== text) this.#prompt.value = text;
    fitHeight(this.#prompt);
  }

  showButton(label: string, isIdle: boolean): void {
    setText(this.#submit, label);
    this.#submit.setAttribute("aria-disabled", String(isIdle));
  }

  /** Says what came of a submit; `arrived` once its pictures are there to be looked at. */
  say(text: string, arrived: boolean): void {
    setText(this.#said, text);
    this.#look.hidden = !arrived;
  }

  /** Shows the painter that is open; call it while the view is in the page. */
  update(): void {
    const state = this.#state;
    const { images, painted, connection } = state;
    if (painted) this.#key = painted.key;
    const name = images.find((one) => one.key === this.#key)?.name ?? "";
    setText(this.#title, name === "" ? "" : fill(this.#words.painting, { name }));
    const idle = state.closing || connection.ended;
    for (const one of [this.#close, this.#discard]) one.setAttribute("aria-disabled", String(idle));
    const ref = state.model.get("painter");
    if (ref === this.#ref) return;
    this.#ref = ref;
    this.#painter = null;
    this.el.hidden = ref === null;
    this.#hooks.opened(ref !== null);
    void this.#show(ref);
    if (ref === null && this.#closedHere) {
      this.#closedHere = false;
      this.#hooks.closed(this.#key);
    }
  }

  async #show(ref: string | null): Promise<void> {
    let painter: PainterExports | null;
    try {
      painter = await this.#slot.show<PainterExports>(ref);
    } catch (error) {
      if (ref !== this.#ref) return;
      const reason = error instanceof Error ? error.message : String(error);
      const words = fill(this.#words.painterUnseen, { reason });
      this.#slot.el.replaceChildren(element("p", { class: "lumen-refusal", role: "alert" }, words));
      return;
    }
    if (painter === null || ref !== this.#ref) return;
    this.#state.follow(painter, this.#signal);
    this.#painter = painter;
    const from = this.#from;
    this.#from = null;
    const active = document.activeElement;
    // not if the user has gone on to something else
    if (from === null || !(active === from || active === null || active === document.body)) return;
    this.#focus(painter);
  }

  #focus(painter: PainterExports): void {
    this.#hooks.reached();
    painter.focus(this.#slot.el);
    this.el.scrollIntoView({ block: "nearest" });
  }

  #end(kind: "close_painter" | "discard"): void {
    this.#closedHere = true;
    if (kind === "discard") this.#hooks.discarding();
    this.#state.endPainting(kind);
  }
}
