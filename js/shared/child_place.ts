/* Where another widget opens in a widget's view: a bar with a button that closes it, above the widget. The
   focus goes into it when it was opened here, and back when it is closed here. */
import type { Host } from "@anywidget/types";
import { element, setText } from "./dom";
import { oneActionPerGesture } from "./gestures";
import { keepKeys } from "./keyboard";
import { Slot } from "./slot";

/** What a widget exports that can take the focus. */
export interface FocusExports {
  /** Moves the focus into the view inside of `el`. */
  focus: (el: HTMLElement) => void;
}

/** Keys that a widget keeps do not leave it: this does, where Escape is to close the widget. */
const LEAVE = "lumen-leave";

/** Has the place that a widget stands in close it, if it stands in one. */
export function leave(root: HTMLElement): void {
  root.dispatchEvent(new CustomEvent(LEAVE, { bubbles: true }));
}

export interface ChildHooks {
  /** The user closes it. */
  close: () => void;
  /** It is closed, and what had the focus before is not in the page any more. */
  closed: () => void;
  /** A widget is open from now on, or is not any more. */
  opened?: (isOpen: boolean) => void;
  /** The widget is about to get the focus. */
  reached?: () => void;
  /** Takes the keys that are pressed beside the widget. */
  keydown?: (event: KeyboardEvent) => void;
}

export class ChildPlace {
  readonly el: HTMLElement;
  readonly #hooks: ChildHooks;
  readonly #slot: Slot;
  readonly #close: HTMLButtonElement;
  #ref: string | null = null;
  #exports: Partial<FocusExports> | null = null;
  /** What had the focus when the widget was asked for here, until it is shown. */
  #from: Element | null = null;
  /** Where the focus goes back to. */
  #back: Element | null = null;
  #closedHere = false;

  /** Without `words` there is no bar: in a room of its own a widget need not be closed. */
  constructor(
    words: { title?: string; close: string } | null,
    host: Host,
    hooks: ChildHooks,
    signal: AbortSignal,
  ) {
    this.#hooks = hooks;
    this.#close = element("button", { type: "button", class: "lumen-button" });
    setText(this.#close, words?.close ?? "");
    this.#close.addEventListener("click", () => this.end());
    const bar = element("div", { class: "lumen-child-bar" }, this.#close);
    // a widget that has a title of its own needs none here
    if (words?.title) bar.prepend(element("span", { class: "lumen-child-title" }, words.title));
    const slot = element("div", {});
    this.#slot = new Slot(slot, host, signal);
    this.el = element("div", { class: "lumen-child", hidden: "" }, slot);
    if (words !== null) this.el.prepend(bar);
    this.el.addEventListener(LEAVE, (event) => {
      // of the innermost place alone
      event.stopPropagation();
      if (words !== null) this.end();
    });
    const { keydown } = hooks;
    if (keydown) bar.addEventListener("keydown", keydown);
    // with Ctrl it sends the form that this stands in: in JupyterLab it would run the cell
    keepKeys(bar, signal, (event) => keydown !== undefined && event.key === "Enter");
    oneActionPerGesture(bar, signal);
  }

  /** Whether a widget is open in it. */
  get isOpen(): boolean {
    return this.#ref !== null;
  }

  /** Takes in that the widget was asked for from this view: the focus goes into it, once it is here. */
  enter(): void {
    this.#from = document.activeElement;
    if (!this.el.contains(this.#from)) this.#back = this.#from;
    if (this.#exports) this.#focus();
  }

  /** Has the widget closed, as its button does. */
  end(): void {
    this.#closedHere = this.el.contains(document.activeElement);
    this.#hooks.close();
  }

  /** Shows the widget that `ref` names, if it is another one; call it while the view is in the page. */
  show(ref: string | null): void {
    if (ref === this.#ref) return;
    const had = this.el.contains(document.activeElement) || this.#closedHere;
    this.#ref = ref;
    this.#exports = null;
    this.#closedHere = false;
    this.el.hidden = ref === null;
    this.#hooks.opened?.(ref !== null);
    // what it stands in works without it, and it can be shown in a cell of its own
    this.#open(ref).catch(() => {
      if (ref === this.#ref) this.el.hidden = true;
    });
    if (ref !== null) {
      this.el.scrollIntoView?.({ block: "nearest" });
      return;
    }
    if (had) this.#leave();
    this.#from = this.#back = null;
  }

  async #open(ref: string | null): Promise<void> {
    const exports = await this.#slot.show<Partial<FocusExports>>(ref);
    if (ref === null || ref !== this.#ref) return;
    this.#exports = exports ?? {};
    this.el.scrollIntoView?.({ block: "nearest" });
    if (this.#from !== null) this.#focus();
  }

  /** Moves the focus into the widget, unless the user has gone on to something else. */
  #focus(): void {
    const [from, active] = [this.#from, document.activeElement];
    this.#from = null;
    if (!(active === from || active === null || active === document.body)) return;
    this.#hooks.reached?.();
    const focus = this.#exports?.focus;
    if (focus) focus(this.#slot.el);
    else this.#close.focus({ preventScroll: true });
    this.el.scrollIntoView?.({ block: "nearest" });
  }

  #leave(): void {
    const back = this.#back;
    if (back instanceof HTMLElement && back.isConnected) back.focus();
    if (document.activeElement !== back || back === null) this.#hooks.closed();
  }
}
