/* A place in a widget's view that shows another widget, and lets it be replaced. */
import type { Host } from "@anywidget/types";
import { element } from "./dom";

export class Slot {
  readonly el: HTMLElement;
  readonly #host: Host;
  readonly #signal: AbortSignal;
  #ending = new AbortController();

  /** `signal` is that of the view which the slot is part of. */
  constructor(el: HTMLElement, host: Host, signal: AbortSignal) {
    this.el = el;
    this.#host = host;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#ending.abort());
  }

  /** Shows the widget that `ref` names, and resolves with what it exports once it is in the page; with
      null if another was to be shown meanwhile. Call it while `el` is in the page: marimo puts the
      styles of a widget where that is rendered. A `null` shows nothing. `before` is called with what the
      widget exports and the element into which it is rendered next. */
  async show<Exports>(
    ref: string | null,
    before: (exports: Exports, root: HTMLElement) => void = () => {},
  ): Promise<Exports | null> {
    this.#ending.abort();
    this.#ending = new AbortController();
    const { signal } = this.#ending;
    if (this.#signal.aborted) return null;
    // always a new element: anywidget awaits between the end of one view and its cleanup
    const root = element("div");
    this.el.replaceChildren(...(ref === null ? [] : [root]));
    if (ref === null) return null;
    const child = await this.#host.getWidget<Exports>(ref);
    if (signal.aborted) return null;
    before(child.exports, root);
    await child.render({ el: root, signal });
    return signal.aborted ? null : child.exports;
  }
}
