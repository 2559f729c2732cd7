/* One view of a mask painter: its controls, its stage, and what is said of the mask. */
import type { AnyModel } from "@anywidget/types";
import { element } from "../shared/dom";
import { oneThingAGesture } from "../shared/gestures";
import { newId } from "../shared/ids";
import { keepKeys } from "../shared/keyboard";
import { fill } from "../shared/words";
import type { MaskDocument } from "./document";
import { keyList } from "./key_list";
import { isChange, Keys } from "./keys";
import type { MaskPainterModel } from "./messages";
import { NumbersForm } from "./numbers_form";
import { PictureHost } from "./picture_host";
import { download, maskFile } from "./png";
import { listenToPointers } from "./pointer";
import { Stage } from "./stage";
import { MaskToolbar } from "./toolbar";
import { Hand } from "./tools";
import type { Words } from "./words";

// one press of + or -
const ZOOM = 1.25;
// a screen reader should not begin again with every stroke
const SAY_MS = 500;
const CHOICES = ["tool", "mode", "radius", "color", "opacity"] as const;

/** What the kernel may send a view: the picture itself. */
export interface PainterView {
  showPicture: (bytes: DataView, type: string) => void;
}

/** Builds a view into `el` and keeps it in step with the mask until `signal` ends. */
export function showPainter(
  el: HTMLElement,
  model: AnyModel<MaskPainterModel>,
  mask: MaskDocument,
  words: Words,
  signal: AbortSignal,
): PainterView {
  const hand = new Hand(mask, model);
  const { width, height } = mask.raster;
  const size = { width: String(width), height: String(height) };
  const alt = model.get("_alt");
  const share = element("span", { class: "lumen-painter-share" });
  const zoom = element("span", { class: "lumen-painter-zoom" });
  const note = element("p", { class: "lumen-painter-note", role: "status" });
  const heard = element("div", { class: "lumen-heard", "aria-live": "polite" });

  const stage = new Stage(
    mask.raster,
    alt ? fill(words.stageOf, { ...size, alt }) : fill(words.stage, size),
    () => {
      zoom.textContent = `${Math.round(100 * stage.camera.scale)} %`;
    },
    signal,
  );
  stage.el.style.setProperty("--lumen-ratio", String(height / width));
  const help = element("p", { class: "lumen-heard" }, words.help);
  help.id = `lumen-help-${newId()}`;
  stage.el.setAttribute("aria-describedby", help.id);

  let saying = 0;
  const say = (text: string) => {
    window.clearTimeout(saying);
    saying = window.setTimeout(() => {
      heard.textContent = text;
    }, SAY_MS);
  };
  const zoomBy = (factor: number) => {
    stage.camera.zoom(stage.camera.scale * factor);
    stage.look();
  };
  const peek = (on: boolean) => stage.peek(on);
  const middle = () =>
    stage.camera.toPicture({
      x: stage.camera.stage.width / 2,
      y: stage.camera.stage.height / 2,
    });
  const toolbar: MaskToolbar = new MaskToolbar(hand, words, {
    undo: () => mask.do({ kind: "undo" }),
    redo: () => mask.do({ kind: "redo" }),
    invert: () => mask.do({ kind: "invert" }),
    clear: () => mask.do({ kind: "clear" }),
    zoomOut: () => zoomBy(1 / ZOOM),
    zoomIn: () => zoomBy(ZOOM),
    fit: () => {
      stage.camera.fit();
      stage.look();
    },
    actual: () => zoomBy(1 / stage.camera.scale),
    peek,
    sizing: (on) => stage.brush(on ? middle() : null, toolbar.sliding),
  });
  const root = element("section", {
    class: "lumen lumen-painter",
    "aria-label": words.painter,
    lang: words.lang,
    dir: "ltr",
  });
  const keys = new Keys(root, stage, hand, words, say, peek, signal);
  listenToPointers(
    stage,
    hand,
    { panning: () => keys.panning, pointed: (at) => keys.pointed(at) },
    signal,
  );

  const save = element("button", { type: "button", class: "lumen-button" }, words.download);
  save.addEventListener("click", async () => download(await maskFile(mask.raster), "mask.png"));

  const shareWords = () => {
    const part = mask.share;
    if (part === 0) return words.shareNone;
    if (part === 1) return words.shareAll;
    if (part < 0.001) return words.shareLittle;
    return fill(words.share, { percent: Math.min(100 * part, 99.9).toFixed(1) });
  };
  const summarise = () => {
    share.textContent = shareWords();
    const behind = mask.waiting ? words.waiting : mask.known ? "" : words.loading;
    const text = mask.lost ? words.lost : mask.refused ? words.refused : behind;
    if (note.textContent !== text) note.textContent = text;
    note.hidden = text === "";
  };
  const choose = () => {
    toolbar.update();
    toolbar.look(model.get("color"), model.get("opacity"));
    stage.el.dataset.tool = hand.tool;
    stage.overlay.paint(model.get("color"), model.get("opacity"));
  };
  const resize = () => toolbar.update();

  root.append(
    toolbar.el,
    help,
    element("div", { class: "lumen-painter-frame" }, stage.el),
    note,
    element("footer", {}, element("span", {}, fill(words.dimensions, size)), share, zoom, save),
    new NumbersForm(hand, words).el,
    keyList(words),
    heard,
  );
  el.replaceChildren(root);
  keepKeys(root, signal, isChange);
  oneThingAGesture(root, signal);

  mask.listen(({ box, step }) => {
    stage.draw(box);
    if (!step) return;
    summarise();
    toolbar.update();
    say(shareWords());
  }, signal);
  for (const name of CHOICES) {
    const changed = name === "radius" ? resize : choose;
    model.on(`change:${name}`, changed);
    signal.addEventListener("abort", () => model.off(`change:${name}`, changed));
  }
  signal.addEventListener("abort", () => {
    window.clearTimeout(saying);
    stage.free();
    root.remove();
  });

  const host = new PictureHost(stage.picture);
  void host.show(model, { want: () => mask.wantPicture() }, signal);
  choose();
  summarise();
  return { showPicture: (bytes, type) => host.showFile(bytes, type) };
}
