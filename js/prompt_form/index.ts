/* The prompt form: every field of a call, and the panel of what was submitted. Traits and messages
   are those of lumen_widgets/widgets/prompt_form/widget.py. */
import type { AnyWidget } from "@anywidget/types";
import { tellShown } from "../shared/connection";
import { element } from "../shared/dom";
import type { FormExports, FormPlaces } from "../shared/form_exports";
import { newId } from "../shared/ids";
import { Slot } from "../shared/slot";
import { lentRoot } from "./lent_root";
import type { PromptFormModel } from "./messages";
import { FormState } from "./state";
import { FormView } from "./view";
import { wordsFor } from "./words";

const widget: AnyWidget<PromptFormModel> = () => {
  let state: FormState;
  // by the element that a view is rendered into
  const lent = new WeakMap<Element, FormPlaces>();
  const views = new WeakMap<Element, FormView>();
  return {
    initialize({ model, signal }) {
      state = new FormState(model, signal);
      const exports: FormExports = {
        lend: (el, places) => void lent.set(el, places),
        focus: (el, part) => views.get(el)?.focus(part) ?? false,
        openGallery: () => {
          if (model.get("gallery") === null) state.strip.gallery(true);
        },
      };
      return exports;
    },

    render({ model, el, signal, host }) {
      let ending = new AbortController();
      signal.addEventListener("abort", () => ending.abort());
      const draw = () => {
        ending.abort();
        ending = new AbortController();
        const words = wordsFor(model.get("language") || navigator.language);
        const places = lent.get(el) ?? null;
        const view = new FormView(state, words, host, places, ending.signal);
        views.set(el, view);
        const slot = element("div", { class: "lumen-form-panel" });
        el.replaceChildren(view.el);
        if (places === null) view.el.append(slot);
        else lentRoot(places, "tasks", words, slot, ending.signal);
        view.showPainter();
        const showPanel = () => {
          // where it has a place of its own, it says there that there is nothing yet
          slot.hidden = places === null && model.get("_sent") === 0;
        };
        showPanel();
        model.on("change:_sent", showPanel);
        ending.signal.addEventListener("abort", () => model.off("change:_sent", showPanel));
        const panel = model.get("panel");
        // it may be closed on its own
        const closed = () => {
          if (model.get("panel") === null) slot.remove();
          places?.opened("tasks", model.get("panel") !== null);
        };
        closed();
        model.on("change:panel", closed);
        ending.signal.addEventListener("abort", () => model.off("change:panel", closed));
        // the form works without it: the tasks can be shown in a TaskPanel of their own
        new Slot(slot, host, ending.signal).show(panel).catch(() => slot.remove());
      };
      draw();
      model.on("change:language", draw);
      tellShown(state.connection, newId(), el, signal);
      signal.addEventListener("abort", () => model.off("change:language", draw));
    },
  };
};

export default widget;
