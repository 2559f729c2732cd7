/* Where the gallery opens in a form: below it, since its fields are none of the form's. */
import type { Host } from "@anywidget/types";
import { element, setText } from "../shared/dom";
import { oneActionPerGesture } from "../shared/gestures";
import { keepKeys } from "../shared/keyboard";
import { Slot } from "../shared/slot";
import { button } from "./controls";
import type { FormState } from "./state";
import type { Words } from "./words";

/** Milliseconds after which it is said that the gallery waits for the kernel. */
const BUSY_MS = 1000;

export class GalleryPlace {
  /** The button that opens and closes it, for the form. */
  readonly toggle: HTMLButtonElement;
  readonly el = element("div", { class: "lumen-form-gallery", hidden: "" });
  readonly #state: FormState;
  readonly #words: Words;
  readonly #slot: Slot;
  readonly #status = element("span", { class: "lumen-hint", role: "status" });
  #ref: string | null = null;
  #closedHere = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `keydown` takes the keys of the form that are pressed beside the gallery. */
  constructor(
    state: FormState,
    words: Words,
    host: Host,
    keydown: (event: KeyboardEvent) => void,
    signal: AbortSignal,
  ) {
    this.#state = state;
    this.#words = words;
    this.toggle = button("", () => this.#ask(this.#ref === null));
    this.toggle.textContent = words.fromGallery;
    const close = button(words.galleryClose, () => this.#ask(false));
    const bar = element(
      "div",
      { class: "lumen-form-gallery-bar" },
      element("span", { class: "lumen-label" }, words.galleryTitle),
      close,
    );
    const slot = element("div", {});
    this.#slot = new Slot(slot, host, signal);
    this.el.append(bar, slot);
    bar.addEventListener("keydown", keydown);
    // sends the form: in JupyterLab it would run the cell
    keepKeys(bar, signal, (event) => event.key === "Enter");
    oneActionPerGesture(bar, signal);
    const changed = () => this.update();
    state.model.on("change:gallery", changed);
    signal.addEventListener("abort", () => {
      state.model.off("change:gallery", changed);
      clearTimeout(this.#timer);
    });
  }

  /** What is said while the kernel is busy, for the form. */
  get status(): HTMLElement {
    return this.#status;
  }

  /** Shows the gallery that is open; call it while the view is in the page. */
  update(): void {
    const ref = this.#state.model.get("gallery");
    clearTimeout(this.#timer);
    setText(this.#status, "");
    this.toggle.setAttribute("aria-expanded", String(ref !== null));
    if (ref === this.#ref) return;
    const had = this.el.contains(document.activeElement) || this.#closedHere;
    this.#ref = ref;
    this.#closedHere = false;
    this.el.hidden = ref === null;
    // the form works without it: lumen.Gallery() is one in a cell of its own
    this.#slot.show(ref).catch(() => {
      this.el.hidden = true;
    });
    if (ref === null && had) this.toggle.focus();
    else if (ref !== null) this.el.scrollIntoView?.({ block: "nearest" });
  }

  #ask(opened: boolean): void {
    this.#closedHere = !opened && this.el.contains(document.activeElement);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => setText(this.#status, this.#words.actionBusy), BUSY_MS);
    this.#state.strip.gallery(opened);
  }
}
