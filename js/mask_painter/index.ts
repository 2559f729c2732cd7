/* The mask painter: a picture on an ipycanvas, and over it a mask that is painted in the browser at once,
   whatever the kernel does. Traits and messages are those of
   lumen_widgets/widgets/mask_painter/widget.py. */
import type { AnyWidget } from "@anywidget/types";
import { Connection, tellShown } from "../shared/connection";
import { newId } from "../shared/ids";
import type { PainterExports } from "../shared/painter_exports";
import { sameSides } from "../shared/side_numbers";
import { MaskCopy } from "./mask_copy";
import type { KernelMessage, MaskPainterModel } from "./messages";
import { PictureFile } from "./picture_file";
import { SidesCopy } from "./sides_copy";
import { showPainter } from "./view";
import { wordsFor } from "./words";

const widget: AnyWidget<MaskPainterModel> = () => {
  let mask: MaskCopy;
  let sides: SidesCopy;
  let file: PictureFile;
  return {
    initialize({ model, signal }) {
      mask = new MaskCopy(model, new Connection(model, signal));
      sides = new SidesCopy(model, mask.connection, signal);
      file = new PictureFile(model, mask.connection, mask.id, signal);
      const receive = (message: KernelMessage, buffers: DataView[]) => {
        if (message.kind === "picture") file.receive(message, buffers);
        else mask.receive(message, buffers);
      };
      model.on("msg:custom", receive);
      signal.addEventListener("abort", () => model.off("msg:custom", receive));
      mask.hello();
      const exports: PainterExports = {
        onStep: (listener, until) => mask.onStep(listener, until),
        onSides: (listener, until) => sides.onSet(listener, until),
        setSides: (wanted) => {
          if (sameSides(wanted, sides.sides)) return;
          sides.preview(wanted);
          sides.commit();
        },
        focus: (within) => within.querySelector<HTMLElement>(".lumen-painter-stage")?.focus(),
      };
      return exports;
    },

    render({ model, el, signal }) {
      let ending = new AbortController();
      const show = () => {
        ending.abort();
        ending = new AbortController();
        const words = wordsFor(model.get("language") || navigator.language);
        showPainter(el, model, { mask, sides, file }, words, ending.signal);
      };
      show();
      model.on("change:language", show);
      tellShown(mask.connection, newId(), el, signal);
      signal.addEventListener("abort", () => {
        ending.abort();
        model.off("change:language", show);
      });
    },
  };
};

export default widget;
