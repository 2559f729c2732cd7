/* The border between the form and what stands beside it: dragged, or moved by keys. */
import { element } from "../shared/dom";
import { isModified } from "../shared/keyboard";

/** Of one press of an arrow key, as a share of the width. */
const STEP = 0.02;
/** CSS pixels that the form and what is beside it have at least. */
const LEAST_FORM = 300;
const LEAST_PART = 360;

export class Border {
  readonly el: HTMLElement;
  readonly #form: HTMLElement;
  readonly #moved: (share: number | null) => void;

  /** `moved` is called with the form's new share of the width; null is as it was at first. */
  constructor(
    form: HTMLElement,
    label: string,
    moved: (share: number | null) => void,
    signal: AbortSignal,
  ) {
    this.#form = form;
    this.#moved = moved;
    this.el = element("div", {
      class: "lumen-studio-border",
      role: "separator",
      tabindex: "0",
      "aria-orientation": "vertical",
      "aria-label": label,
      "aria-controls": form.id,
    });
    this.el.addEventListener("keydown", (event) => this.#keydown(event));
    this.el.addEventListener("dblclick", () => moved(null));
    this.el.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      this.el.focus({ preventScroll: true });
      this.el.setPointerCapture(event.pointerId);
    });
    this.el.addEventListener("pointermove", (event) => {
      if (!this.el.hasPointerCapture(event.pointerId)) return;
      const { left, right, width } = this.#body.getBoundingClientRect();
      this.#move((this.#isRightToLeft ? right - event.clientX : event.clientX - left) / width);
    });
    const observer = new ResizeObserver(() => this.#say());
    observer.observe(form);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  get #body(): Element {
    return this.el.parentElement ?? this.el;
  }

  get #isRightToLeft(): boolean {
    return getComputedStyle(this.#body).direction === "rtl";
  }

  /** The form's share of the width as it is now, with the least and the most. */
  get #range(): { now: number; least: number; most: number } {
    const width = this.#body.clientWidth || 1;
    const least = Math.min(LEAST_FORM / width, 0.5);
    return {
      now: this.#form.offsetWidth / width,
      least,
      most: Math.max(1 - LEAST_PART / width, least),
    };
  }

  #move(share: number): void {
    const { least, most } = this.#range;
    this.#moved(Math.max(least, Math.min(most, share)));
  }

  #keydown(event: KeyboardEvent): void {
    if (isModified(event)) return;
    const { now, least, most } = this.#range;
    const forward = this.#isRightToLeft ? -STEP : STEP;
    const to: Record<string, number> = {
      ArrowRight: now + forward,
      ArrowLeft: now - forward,
      Home: least,
      End: most,
    };
    const share = to[event.key];
    if (share !== undefined) this.#move(share);
    else if (event.key === "Enter") this.#moved(null);
    else return;
    event.preventDefault();
  }

  #say(): void {
    const { now, least, most } = this.#range;
    const values = { valuenow: now, valuemin: least, valuemax: most };
    for (const [name, share] of Object.entries(values))
      this.el.setAttribute(`aria-${name}`, String(Math.round(100 * share)));
  }
}
