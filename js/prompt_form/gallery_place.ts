/* Where the gallery opens in a form: below it, since its fields are none of the form's. */
import type { Host } from "@anywidget/types";
import { ChildPlace } from "../shared/child_place";
import { element, setText } from "../shared/dom";
import type { FormPlaces } from "../shared/form_exports";
import { KernelWait } from "../shared/kernel_wait";
import { button } from "./controls";
import type { FormState } from "./state";
import type { Words } from "./words";

export class GalleryPlace {
  /** The button that opens and closes it, for the form. */
  readonly toggle: HTMLButtonElement;
  readonly #state: FormState;
  readonly #places: FormPlaces | null;
  readonly #place: ChildPlace;
  readonly #status = element("span", { class: "lumen-hint", role: "status" });
  readonly #wait: KernelWait;

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
    this.#places = places;
    const say = (text: string) => setText(this.#status, text);
    this.#wait = new KernelWait(state.connection, words, say, signal);
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
    signal.addEventListener("abort", () => state.model.off("change:gallery", changed));
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
    this.#wait.end();
    setText(this.#status, "");
    if (this.#places === null) this.toggle.setAttribute("aria-expanded", String(ref !== null));
    this.#place.show(ref);
  }

  #ask(opened: boolean): void {
    this.#wait.begin();
    this.#state.strip.gallery(opened);
  }
}
