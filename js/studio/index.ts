/* The Studio: the layout of a form, its results, painter, gallery and tasks, all of which are the form's.
   Traits are those of lumen_widgets/widgets/studio/widget.py. */
import type { AnyWidget } from "@anywidget/types";
import { Connection, tellShown } from "../shared/connection";
import { newId } from "../shared/ids";
import type { StudioModel } from "./messages";
import { StudioView } from "./view";
import { wordsFor } from "./words";

const widget: AnyWidget<StudioModel> = () => {
  let connection: Connection;
  return {
    initialize({ model, signal }) {
      connection = new Connection(model, signal);
    },

    render({ model, el, signal, host }) {
      let ending = new AbortController();
      const draw = () => {
        ending.abort();
        ending = new AbortController();
        const words = wordsFor(model.get("language") || navigator.language);
        const view = new StudioView(model, connection, words, host, ending.signal);
        el.replaceChildren(view.el);
        view.show();
      };
      draw();
      model.on("change:language", draw);
      tellShown(connection, newId(), el, signal);
      signal.addEventListener("abort", () => {
        ending.abort();
        model.off("change:language", draw);
      });
    },
  };
};

export default widget;
