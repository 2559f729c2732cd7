/* One view of a mask painter: its controls, its stage, and the state of the mask in words. */
import type { AnyModel } from "@anywidget/types";
import { element } from "../shared/dom";
import { oneActionPerGesture } from "../shared/gestures";
import { newId } from "../shared/ids";
import { keepKeys } from "../shared/keyboard";
import { fill } from "../shared/words";
import { Extending } from "./extending";
import { keyList } from "./key_list";
import { isUndoOrRedo, Keys } from "./keys";
import type { MaskPainterModel } from "./messages";
import { NumbersForm } from "./numbers_form";
import { showPicture } from "./picture_host";
import { download, maskFile } from "./png";
import { listenToPointers } from "./pointer";
import type { ShownPainting } from "./shown_painting";
import { Stage } from "./stage";
import { Toolbar } from "./toolbar";
import { Tools } from "./tools";
import { fitToVisible } from "./visible_height";
import type { Words } from "./words";

// one press of + or -
const ZOOM = 1.25;
// milliseconds: a screen reader should not start again with every stroke
const ANNOUNCE_DELAY_MS = 500;
const CHOICES = ["tool", "mode", "radius", "color", "opacity"] as const;

/** Builds a view into `el` and keeps it up to date with what it shares until `signal` aborts. */
export function showPainter(
  el: HTMLElement,
  model: AnyModel<MaskPainterModel>,
  { mask, sides, file }: ShownPainting,
  words: Words,
  signal: AbortSignal,
): void {
  const tools = new Tools(mask, model);
  const { width, height } = mask.raster;
  const size = { width: String(width), height: String(height) };
  const { alt } = model.get("_shown");
  const coverage = element("span", { class: "lumen-painter-coverage" });
  const zoom = element("span", { class: "lumen-painter-zoom" });
  const note = element("p", { class: "lumen-painter-note", role: "status" });
  const heard = element("div", { class: "lumen-heard", "aria-live": "polite" });

  let extending: Extending | null = null;
  const stage = new Stage(
    mask.raster,
    alt ? fill(words.stageOf, { ...size, alt }) : fill(words.stage, size),
    () => {
      zoom.textContent = `${Math.round(100 * stage.camera.scale)} %`;
      extending?.place();
    },
    signal,
  );
  stage.el.style.setProperty("--lumen-ratio", String(height / width));
  const help = element("p", { class: "lumen-heard" }, words.help);
  help.id = `lumen-help-${newId()}`;
  stage.el.setAttribute("aria-describedby", help.id);

  let announceTimer = 0;
  const announce = (text: string) => {
    window.clearTimeout(announceTimer);
    announceTimer = window.setTimeout(() => {
      heard.textContent = text;
    }, ANNOUNCE_DELAY_MS);
  };
  const zoomBy = (factor: number) => {
    stage.camera.zoom(stage.camera.scale * factor);
    stage.render();
  };
  const peek = (on: boolean) => stage.hideMask(on);
  const middle = () =>
    stage.camera.toPicture({
      x: stage.camera.stage.width / 2,
      y: stage.camera.stage.height / 2,
    });
  const extend = new Extending(
    stage,
    sides,
    words,
    () => {
      // a handle says it by itself
      if (!extend.layer.contains(document.activeElement)) announce(extend.sentence);
    },
    signal,
  );
  extending = extend;
  const toolbar: Toolbar = new Toolbar(tools, words, {
    undo: () => mask.apply({ kind: "undo" }),
    redo: () => mask.apply({ kind: "redo" }),
    invert: () => mask.apply({ kind: "invert" }),
    clear: () => mask.apply({ kind: "clear" }),
    zoomOut: () => zoomBy(1 / ZOOM),
    zoomIn: () => zoomBy(ZOOM),
    fit: () => {
      stage.camera.fit();
      stage.render();
    },
    actual: () => zoomBy(1 / stage.camera.scale),
    peek,
    extend: extend.button,
    sizing: (on) => stage.showBrush(on ? middle() : null, toolbar.sliderRadius),
  });
  const root = element("section", {
    class: "lumen lumen-painter",
    "aria-label": words.painter,
    lang: words.lang,
    dir: "ltr",
  });
  const keys = new Keys(root, stage, tools, words, announce, peek, signal);
  listenToPointers(
    stage,
    tools,
    { panning: () => keys.panning, pointerUsed: (at) => keys.pointerUsed(at) },
    signal,
  );

  const save = element("button", { type: "button", class: "lumen-button" }, words.download);
  save.addEventListener("click", async () => download(await maskFile(mask.raster), "mask.png"));

  const take = element("button", { type: "button", class: "lumen-button" }, words.takeOver);
  take.addEventListener("click", () => {
    mask.takeOver();
    stage.el.focus();
  });
  const offer = element("p", { class: "lumen-painter-offer" }, words.offer, " ", take);

  const coverageWords = () => {
    const part = mask.coverage;
    if (part === 0) return words.coverageNone;
    if (part === 1) return words.coverageAll;
    if (part < 0.001) return words.coverageLittle;
    return fill(words.coverage, { percent: Math.min(100 * part, 99.9).toFixed(1) });
  };
  let unseen = "";
  const missing = () => {
    if (!mask.loaded) return words.loading;
    return file.awaited ? words.pictureLoading : "";
  };
  const showSummary = () => {
    coverage.textContent = coverageWords();
    const behind = mask.delayed ? words.waiting : unseen || missing();
    const { state } = mask.connection;
    const reached = mask.refused ? words.refused : behind;
    const ended = state === "gone" && !mask.loaded ? "goneUnread" : state;
    const text = ended === "live" ? reached : words[ended];
    if (note.textContent !== text) note.textContent = text;
    note.hidden = text === "";
    offer.hidden = !model.get("_offer") || mask.history.done.length > 0 || mask.connection.ended;
  };
  const showChoices = () => {
    toolbar.update();
    toolbar.showMaskStyle(model.get("color"), model.get("opacity"));
    stage.el.dataset.tool = tools.tool;
    stage.overlay.setTint(model.get("color"), model.get("opacity"));
  };
  const showRadius = () => toolbar.update();

  root.append(
    toolbar.el,
    help,
    element("div", { class: "lumen-painter-frame" }, stage.el, extend.layer),
    extend.numbers,
    note,
    offer,
    element("footer", {}, element("span", {}, fill(words.dimensions, size)), coverage, zoom, save),
    new NumbersForm(tools, words).el,
    keyList(words),
    heard,
  );
  el.replaceChildren(root);
  fitToVisible(root, stage.el, signal);
  keepKeys(root, signal, isUndoOrRedo);
  oneActionPerGesture(root, signal);

  mask.listen(({ box, summaryChanged }) => {
    stage.draw(box);
    if (!summaryChanged) return;
    showSummary();
    toolbar.update();
    announce(coverageWords());
  }, signal);
  for (const name of CHOICES) {
    const changed = name === "radius" ? showRadius : showChoices;
    model.on(`change:${name}`, changed);
    signal.addEventListener("abort", () => model.off(`change:${name}`, changed));
  }
  model.on("change:_offer", showSummary);
  signal.addEventListener("abort", () => {
    model.off("change:_offer", showSummary);
    window.clearTimeout(announceTimer);
    stage.dispose();
    root.remove();
  });

  const failed = (error: unknown) => {
    console.warn("The picture to paint on cannot be shown:", error);
    unseen = words.unseen;
    showSummary();
  };
  void showPicture(stage.picture, model, file, failed, signal).then(showSummary);
  showChoices();
  showSummary();
}
