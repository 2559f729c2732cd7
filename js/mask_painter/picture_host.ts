/* Puts the ipycanvas that shows the picture into a stage. Where ipycanvas is missing, or shows nothing
   because another canvas of the page broke it, the painter shows the picture by itself. */
import type { AnyModel } from "@anywidget/types";
import { element } from "../shared/dom";
import type { MaskPainterModel } from "./messages";

// milliseconds that ipycanvas may take to show something, on a slow machine too
const PATIENCE_MS = 5000;
const REFERENCE = "IPY_MODEL_";

// what anywidget's types leave out of the manager that every front end has
interface View {
  el: HTMLElement;
  remove: () => void;
}
interface Manager {
  get_model: (id: string) => Promise<unknown>;
  create_view: (model: unknown, options: object) => Promise<View>;
}

export interface PictureHooks {
  /** Asks the kernel for the picture itself. */
  want: () => void;
}

export class PictureHost {
  readonly #el: HTMLElement;
  #own: HTMLImageElement | null = null;

  constructor(el: HTMLElement) {
    this.#el = el;
  }

  /** Shows the canvas that a model names, until `signal` ends. */
  async show(
    model: AnyModel<MaskPainterModel>,
    { want }: PictureHooks,
    signal: AbortSignal,
  ): Promise<void> {
    let view: View | null = null;
    try {
      // anywidget's own way to other widgets knows anywidgets alone
      const manager = model.widget_manager as unknown as Manager;
      const id = model.get("_canvas").slice(REFERENCE.length);
      view = await manager.create_view(await manager.get_model(id), {});
    } catch (error) {
      console.warn("ipycanvas cannot show the picture to paint on:", error);
    }
    if (signal.aborted) {
      view?.remove();
      return;
    }
    if (!view) {
      want();
      return;
    }
    const { el } = view;
    // out of reach of mouse and keys: ipycanvas sends each move to the kernel, and keeps Tab
    el.tabIndex = -1;
    this.#el.append(el);
    signal.addEventListener("abort", () => {
      view.remove();
      // front ends keep views that are gone, and with them their pixels
      if (el instanceof HTMLCanvasElement) el.width = el.height = 0;
    });
    const late = window.setTimeout(() => {
      if (isBlank(el)) want();
    }, PATIENCE_MS);
    signal.addEventListener("abort", () => window.clearTimeout(late));
  }

  /** Shows the picture under whatever ipycanvas shows. */
  showFile(bytes: DataView, type: string): void {
    const file = new Blob([bytes as DataView<ArrayBuffer>], { type });
    this.#own ??= element("img", { alt: "" });
    const url = URL.createObjectURL(file);
    this.#own.onload = () => URL.revokeObjectURL(url);
    this.#own.src = url;
    this.#el.prepend(this.#own);
  }
}

/** Whether nothing was drawn: a picture that is all transparent passes for that, and loses nothing. */
function isBlank(el: HTMLElement): boolean {
  if (!(el instanceof HTMLCanvasElement)) return false;
  const data = el.getContext("2d")?.getImageData(0, 0, el.width, el.height).data;
  if (!data) return false;
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) return false;
  return true;
}
