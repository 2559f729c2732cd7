/* The root of a part that stands in a place which another widget has lent the form: it has the form's class,
   so that the form's styles hold there too. */
import { element } from "../shared/dom";
import type { FormPlaces, LentPart } from "../shared/form_exports";
import type { Words } from "./words";

/** Puts a part into its place, until `signal` aborts; returns its root. */
export function lentRoot(
  places: FormPlaces,
  part: LentPart,
  words: Words,
  content: HTMLElement,
  signal: AbortSignal,
): HTMLElement {
  const root = element(
    "div",
    { class: "lumen lumen-prompt-form lumen-form-lent", "data-part": part, lang: words.lang },
    content,
  );
  places.elements[part].replaceChildren(root);
  signal.addEventListener("abort", () => root.remove());
  return root;
}
