/* Puts the ipycanvas that shows the picture into a stage. Where ipycanvas is missing, or stays blank
   because another canvas of the page broke it, the painter shows the picture itself. */
import type { AnyModel } from "@anywidget/types";
import { element } from "../shared/dom";
import type { MaskPainterModel } from "./messages";

// milliseconds until ipycanvas has drawn, also on a slow machine
const RENDER_TIMEOUT_MS = 5000;
const REFERENCE_PREFIX = "IPY_MODEL_";

// the part of the widget manager, in every front end, that anywidget's types leave out
interface View {
  el: HTMLElement;
  remove: () => void;
}
interface Manager {
  get_model: (id: string) => Promise<unknown>;
  create_view: (model: unknown, options: object) => Promise<View>;
}

export interface PictureHooks {
  /** Asks the kernel for the picture's file. */
  requestPicture: () => void;
}

export class PictureHost {
  readonly #el: HTMLElement;
  #image: HTMLImageElement | null = null;

  constructor(el: HTMLElement) {
    this.#el = el;
  }

  /** Shows the canvas that a model names, until `signal` aborts. */
  async show(
    model: AnyModel<MaskPainterModel>,
    { requestPicture }: PictureHooks,
    signal: AbortSignal,
  ): Promise<void> {
    let view: View | null = null;
    try {
      // anywidget's `getWidget` finds anywidgets only
      const manager = model.widget_manager as unknown as Manager;
      const id = model.get("_canvas").slice(REFERENCE_PREFIX.length);
      view = await manager.create_view(await manager.get_model(id), {});
    } catch (error) {
      console.warn("ipycanvas cannot show the picture to paint on:", error);
    }
    if (signal.aborted) {
      view?.remove();
      return;
    }
    if (!view) {
      requestPicture();
      return;
    }
    const { el } = view;
    // without pointer and focus: ipycanvas sends each pointer move to the kernel, and traps Tab
    el.tabIndex = -1;
    this.#el.append(el);
    signal.addEventListener("abort", () => {
      view.remove();
      // front ends keep removed views in memory, and with them their pixels
      if (el instanceof HTMLCanvasElement) el.width = el.height = 0;
    });
    const timer = window.setTimeout(() => {
      if (isBlank(el)) requestPicture();
    }, RENDER_TIMEOUT_MS);
    signal.addEventListener("abort", () => window.clearTimeout(timer));
  }

  /** Shows the picture's file, below the canvas. */
  showFile(bytes: DataView, type: string): void {
    const file = new Blob([bytes as DataView<ArrayBuffer>], { type });
    this.#image ??= element("img", { alt: "" });
    const url = URL.createObjectURL(file);
    this.#image.onload = () => URL.revokeObjectURL(url);
    this.#image.src = url;
    this.#el.prepend(this.#image);
  }
}

/** Whether nothing was drawn; an all transparent picture counts as that too, which changes nothing. */
function isBlank(el: HTMLElement): boolean {
  if (!(el instanceof HTMLCanvasElement)) return false;
  const data = el.getContext("2d")?.getImageData(0, 0, el.width, el.height).data;
  if (!data) return false;
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) return false;
  return true;
}
