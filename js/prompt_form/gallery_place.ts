/* Where the gallery opens in a form: below it, since its fields are none of the form's. */
import type { Host } from "@anywidget/types";
import { ChildPlace } from "../shared/child_place";
import { element, setText } from "../shared/dom";
import type { FormPlaces } from "../shared/form_exports";
import { button } from "./controls";
import type { FormState } from "./state";
import type { Words } from "./words";

/** Milliseconds after which it is said that the gallery waits for the kernel. */
const BUSY_MS = 1000;

export class GalleryPlace {
  /** The button that opens and closes it, for the form. */
  readonly toggle: HTMLButtonElement;
  readonly #state: FormState;
  readonly #words: Words;
  readonly #places: FormPlaces | null;
  readonly #place: ChildPlace;
  readonly #status = element("span", { class: "lumen-hint", role: "status" });
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `keydown` takes the keys of the form that are pressed beside the gallery. */
  constructor(
    state: FormState,
    words: Words,
    host: Host,
    keydown: (event: KeyboardEvent) => void,
    places: FormPlaces | null,
    signal: AbortSignal,
  ) {
    this.#state = state;
    this.#words = words;
    this.#places = places;
    this.toggle = button("", () => {
      places?.lead("gallery");
      if (!this.#place.isOpen) this.#ask(true);
      else if (places === null) this.#place.end();
    });
    this.toggle.textContent = words.fromGallery;
    this.#place = new ChildPlace(
      // in a place of its own it is left, and need not be closed
      places === null ? { title: words.galleryTitle, close: words.galleryClose } : null,
      host,
      {
        close: () => this.#ask(false),
        closed: () => this.toggle.focus(),
        opened: (isOpen) => places?.opened("gallery", isOpen),
        keydown,
      },
      signal,
    );
    this.#place.el.classList.add("lumen-form-gallery");
    const changed = () => this.update();
    state.model.on("change:gallery", changed);
    signal.addEventListener("abort", () => {
      state.model.off("change:gallery", changed);
      clearTimeout(this.#timer);
    });
  }

  get el(): HTMLElement {
    return this.#place.el;
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
    if (this.#places === null) this.toggle.setAttribute("aria-expanded", String(ref !== null));
    this.#place.show(ref);
  }

  #ask(opened: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => setText(this.#status, this.#words.actionBusy), BUSY_MS);
    this.#state.strip.gallery(opened);
  }
}
