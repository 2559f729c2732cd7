/* Shows the picture in a stage: on the lower layer of an ipycanvas, below what users draw on the upper
   one; where there is no ipycanvas, on a canvas of the painter's own. The painter draws it there by itself:
   ipycanvas keeps each picture that it draws, decoded, and draws nothing more once one was damaged. */
import type { AnyModel } from "@anywidget/types";
import { element } from "../shared/dom";
import type { MaskPainterModel } from "./messages";
import type { PictureFile } from "./picture_file";

const REFERENCE_PREFIX = "IPY_MODEL_";

// the parts of ipycanvas, and of the widget manager in every front end, that have no types
interface Layer {
  canvas: HTMLCanvasElement;
  on: (event: string, listener: () => void) => void;
  off: (event: string, listener: () => void) => void;
  trigger: (event: string) => void;
}
interface MultiCanvas {
  get: (name: "_canvases") => Layer[] | undefined;
}
interface View {
  el: HTMLElement;
  remove: () => void;
}
interface Manager {
  get_model: (id: string) => Promise<MultiCanvas>;
  create_view: (model: MultiCanvas, options: object) => Promise<View>;
}

/** Shows a model's picture in `el` until `signal` aborts; calls `failed` if it cannot be decoded. */
export async function showPicture(
  el: HTMLElement,
  model: AnyModel<MaskPainterModel>,
  file: PictureFile,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const showOwn = async () => {
    const own = element("canvas");
    el.replaceChildren(own);
    signal.addEventListener("abort", () => empty(own));
    const size = ({ width, height }: ImageBitmap) => Object.assign(own, { width, height });
    await draw(file, own, signal, size).catch(failed);
  };
  const reference = model.get("_canvas");
  if (reference === null) return showOwn();
  // somebody may close it, or a layer of it
  const closed = () => {
    if (model.get("_canvas") === null) void showOwn();
  };
  model.on("change:_canvas", closed);
  signal.addEventListener("abort", () => model.off("change:_canvas", closed));

  let view: View | undefined;
  let lower: Layer | undefined;
  try {
    // anywidget's `getWidget` finds anywidgets only
    const manager = model.widget_manager as unknown as Manager;
    const canvas = await manager.get_model(reference.slice(REFERENCE_PREFIX.length));
    lower = canvas.get("_canvases")?.[0];
    if (lower) view = await manager.create_view(canvas, {});
  } catch (error) {
    console.warn("There is no ipycanvas to show the picture to paint on:", error);
  }
  if (signal.aborted || model.get("_canvas") === null) return view?.remove();
  if (!view || !lower) return showOwn();

  const shown = view.el;
  // without pointer and focus: ipycanvas sends each pointer move to the kernel, and traps Tab
  shown.tabIndex = -1;
  el.append(shown);
  const layer = lower;
  const redraw = async () => {
    const { width, height } = layer.canvas;
    if (width === 0 || height === 0) return;
    await draw(file, layer.canvas, signal).catch(failed);
    // with this ipycanvas puts its layers together
    if (!signal.aborted) layer.trigger("new-frame");
  };
  // ipycanvas has emptied a layer whose size changed when it comes to this listener
  layer.on("change", redraw);
  signal.addEventListener("abort", () => {
    layer.off("change", redraw);
    view.remove();
    // front ends keep removed views in memory, and with them their pixels
    if (shown instanceof HTMLCanvasElement) empty(shown);
  });
  await redraw();
}

/** Decodes a picture and draws it on a canvas, unless `signal` aborts meanwhile. */
async function draw(
  file: PictureFile,
  canvas: HTMLCanvasElement,
  signal: AbortSignal,
  size?: (bitmap: ImageBitmap) => void,
): Promise<void> {
  const bitmap = await createImageBitmap(await file.get());
  if (!signal.aborted) {
    size?.(bitmap);
    const { width, height } = canvas;
    const context = canvas.getContext("2d");
    context?.clearRect(0, 0, width, height);
    context?.drawImage(bitmap, 0, 0, width, height);
  }
  // at once, not when garbage is collected
  bitmap.close();
}

function empty(canvas: HTMLCanvasElement): void {
  canvas.width = canvas.height = 0;
}
