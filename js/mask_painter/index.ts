/* The mask painter: a picture on an ipycanvas, and over it a mask that is painted in the browser at once,
   whatever the kernel does. Traits and messages are those of
   lumen_widgets/widgets/mask_painter/widget.py. */
import type { AnyWidget } from "@anywidget/types";
import { tellShown } from "../shared/connection";
import { newId } from "../shared/ids";
import type { PainterExports } from "../shared/painter_exports";
import type { MaskPainterModel } from "./messages";
import { ShownPainting } from "./shown_painting";
import { showPainter } from "./view";
import { wordsFor } from "./words";

const STAGE = ".lumen-painter-stage";

const widget: AnyWidget<MaskPainterModel> = () => {
  let shown: ShownPainting;
  return {
    initialize({ model, signal }) {
      shown = new ShownPainting(model, signal);
      const exports: PainterExports = {
        painting: () => shown.mask.painting,
        onStep: (listener, until) => shown.onStep(listener, until),
        onSides: (listener, until) => shown.onSides(listener, until),
        setSides: (wanted) => shown.setSides(wanted),
        focus: (within) => within.querySelector<HTMLElement>(STAGE)?.focus(),
      };
      return exports;
    },

    render({ model, el, signal }) {
      let ending = new AbortController();
      const show = () => {
        const focused = el.contains(document.activeElement);
        ending.abort();
        ending = new AbortController();
        const words = wordsFor(model.get("language") || navigator.language);
        showPainter(el, model, shown, words, ending.signal);
        if (focused) el.querySelector<HTMLElement>(STAGE)?.focus({ preventScroll: true });
      };
      show();
      model.on("change:language", show);
      shown.listen(show, signal);
      tellShown(shown.connection, newId(), el, signal);
      signal.addEventListener("abort", () => {
        ending.abort();
        model.off("change:language", show);
      });
    },
  };
};

export default widget;
