/* One view of a blind test. */
import type { AnyModel } from "@anywidget/types";
import { element } from "../shared/dom";
import type { CompareModel } from "./messages";
import type { CompareState } from "./state";
import type { Words } from "./words";

/** Builds a view into `el` and keeps it up to date until `signal` aborts. */
export function showBlind(
  el: HTMLElement,
  _model: AnyModel<CompareModel>,
  _state: CompareState,
  words: Words,
  _signal: AbortSignal,
): void {
  el.replaceChildren(element("section", { class: "lumen lumen-compare", lang: words.lang }));
}
