/* The mask painter: a picture on an ipycanvas, and over it a mask that is painted in the browser at once,
   whatever the kernel does. Traits and messages are those of
   lumen_widgets/widgets/mask_painter/widget.py. */
import type { AnyWidget } from "@anywidget/types";
import { MaskCopy } from "./mask_copy";
import type { KernelMessage, MaskPainterModel } from "./messages";
import { type PainterView, showPainter } from "./view";
import { wordsFor } from "./words";

const widget: AnyWidget<MaskPainterModel> = () => {
  let mask: MaskCopy;
  const views = new Set<PainterView>();
  return {
    initialize({ model, signal }) {
      mask = new MaskCopy(model);
      const receive = (message: KernelMessage, buffers: DataView[]) => {
        if (message.kind !== "picture") {
          mask.receive(message, buffers);
        } else if (message.copy_id === mask.id && buffers[0]) {
          for (const view of views) view.showPicture(buffers[0], message.media_type);
        }
      };
      model.on("msg:custom", receive);
      signal.addEventListener("abort", () => model.off("msg:custom", receive));
      mask.hello();
    },

    render({ model, el, signal }) {
      let ending = new AbortController();
      let view: PainterView | undefined;
      const show = () => {
        ending.abort();
        ending = new AbortController();
        if (view) views.delete(view);
        const words = wordsFor(model.get("language") || navigator.language);
        view = showPainter(el, model, mask, words, ending.signal);
        views.add(view);
      };
      show();
      model.on("change:language", show);
      signal.addEventListener("abort", () => {
        ending.abort();
        if (view) views.delete(view);
        model.off("change:language", show);
      });
    },
  };
};

export default widget;
