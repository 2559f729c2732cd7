/* What a prompt form exports to the widget that shows it, and the places for its parts that this widget may
   lend it: the form then shows them there, and keeps what they do. */

/** The parts of a form that may stand elsewhere than in it. */
export const LENT_PARTS = ["results", "painter", "compare", "gallery", "tasks"] as const;
export type LentPart = (typeof LENT_PARTS)[number];

export interface FormPlaces {
  /** Where each part is put; in the page before the form is rendered. What stands beside the form, which is
      in view with it, is marked `data-beside-form`. */
  elements: Record<LentPart, HTMLElement>;
  /** A part has something to show from now on, or has not any more. */
  opened(part: LentPart, isOpen: boolean): void;
  /** Somebody is led to a part, or to the form itself: it is to be in view before it gets the focus. */
  lead(part: LentPart | "form"): void;
  /** Something was sent in this view. */
  sent(): void;
  /** How what was sent last stands, in a sentence where it does not go well: it is on its way, has ended
      without a picture, or (empty) nothing is awaited. */
  awaited(state: "" | "running" | "ended", sentence: string): void;
  /** Pictures have come of what was sent in this view. */
  arrived(): void;
}

export interface FormExports {
  /** Has the view that is rendered into `el` next show its parts in these places. */
  lend(el: HTMLElement, places: FormPlaces): void;
  /** Moves the focus to where the work with a part is done, of the view in `el`; returns whether there is
      such a place. */
  focus(el: HTMLElement, part: LentPart | "form"): boolean;
  /** Opens the gallery, unless it is open. */
  openGallery(): void;
}
