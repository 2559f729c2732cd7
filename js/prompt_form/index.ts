/* The prompt form: every field of a call, and the panel of what was submitted. Traits and messages
   are those of lumen_widgets/widgets/prompt_form/widget.py. */
import type { AnyWidget } from "@anywidget/types";
import { tellShown } from "../shared/connection";
import { element } from "../shared/dom";
import { newId } from "../shared/ids";
import { Slot } from "../shared/slot";
import type { PromptFormModel } from "./messages";
import { FormState } from "./state";
import { FormView } from "./view";
import { wordsFor } from "./words";

const widget: AnyWidget<PromptFormModel> = () => {
  let state: FormState;
  return {
    initialize({ model, signal }) {
      state = new FormState(model, signal);
    },

    render({ model, el, signal, host }) {
      let ending = new AbortController();
      signal.addEventListener("abort", () => ending.abort());
      const draw = () => {
        ending.abort();
        ending = new AbortController();
        const words = wordsFor(model.get("language") || navigator.language);
        const view = new FormView(state, words, host, ending.signal);
        const slot = element("div", { class: "lumen-form-panel" });
        el.replaceChildren(view.el);
        view.el.append(slot);
        view.showPainter();
        const showPanel = () => {
          slot.hidden = model.get("_sent") === 0;
        };
        showPanel();
        model.on("change:_sent", showPanel);
        ending.signal.addEventListener("abort", () => model.off("change:_sent", showPanel));
        const panel = model.get("panel");
        // it may be closed on its own
        const closed = () => {
          if (model.get("panel") === null) slot.remove();
        };
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
