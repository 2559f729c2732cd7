/* One view of a form: its fields in order, kept up to date with the draft and the kernel. */

import type { Host } from "@anywidget/types";
import { accountWords, isFree } from "../shared/account";
import { ChildPlace } from "../shared/child_place";
import { element, setText } from "../shared/dom";
import type { FormPlaces, LentPart } from "../shared/form_exports";
import { oneActionPerGesture } from "../shared/gestures";
import { newId } from "../shared/ids";
import { isComposing, keepKeys } from "../shared/keyboard";
import { SIDES, type Sides } from "../shared/side_numbers";
import { fill } from "../shared/words";
import { abilities, type Endpoint, endpointOf, modelsFor } from "./abilities";
import { CodeSection } from "./code_section";
import { button, Field } from "./controls";
import { asked, costOf } from "./cost";
import { ExtendField } from "./extend_field";
import { FieldSet } from "./field_set";
import { GalleryPlace } from "./gallery_place";
import { lentRoot } from "./lent_root";
import { chosenWords, ModelField } from "./model_field";
import { PainterPlace } from "./painter_place";
import { PictureField } from "./picture_field";
import { PresetSection } from "./preset_section";
import { PromptField } from "./prompt_field";
import { RecallBox } from "./recall_box";
import { RepaintOptions } from "./repaint_options";
import { ResultStrip } from "./result_strip";
import { SentNotice } from "./sent_notice";
import { SizeField } from "./size_field";
import type { FormState } from "./state";
import { errorWords, KEY_CUT, type Words } from "./words";

/** Milliseconds after which it is said that the painter waits for the kernel. */
const PATIENCE_MS = 400;

/** The fields inside the folded part, "More". */
const IN_MORE = new Set(["webhook_url", "webhook_secret", "extra"]);

export class FormView {
  readonly el: HTMLElement;
  readonly #state: FormState;
  readonly #words: Words;
  /** Where the parts of this view stand, if not in it. */
  readonly #places: FormPlaces | null;
  readonly #fields: FieldSet;
  readonly #images: PictureField;
  readonly #extend: ExtendField;
  readonly #mask: PictureField;
  readonly #repaint: RepaintOptions;
  readonly #size: SizeField;
  readonly #model: ModelField;
  readonly #prompt: PromptField;
  readonly #secret = element("input", {
    class: "lumen-input",
    type: "password",
    autocomplete: "new-password",
  });
  readonly #more: HTMLDetailsElement;
  readonly #asCode: CodeSection;
  readonly #submit = element("button", { type: "submit", class: "lumen-button lumen-primary" });
  readonly #cost = element("span", { class: "lumen-cost" });
  readonly #status = element("p", { class: "lumen-form-state", role: "status" });
  readonly #refusal = element("p", { class: "lumen-refusal", role: "alert" });
  readonly #sent: SentNotice;
  readonly #strip: ResultStrip;
  readonly #recall: RecallBox;
  readonly #presets: PresetSection;
  #announced = "";
  /** The newest picture when something was sent of which no picture has come; null if nothing was. */
  #newestThen: string | null = null;
  #arrived = false;
  /** What was sent last in this view, as long as no picture of it has come. */
  #awaited = "";
  readonly #lost = element("p", { class: "lumen-refusal", role: "alert", hidden: "" });
  readonly #below = element("p", { class: "lumen-hint lumen-form-below", hidden: "" });
  readonly #painter: PainterPlace;
  readonly #gallery: GalleryPlace;
  readonly #compare: ChildPlace;
  #painterTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether what is painted was to be thrown away in this view. */
  #discarding = false;
  /** The words about a model that was chosen, since they are announced once. */
  #chosen: string | null = null;

  constructor(
    state: FormState,
    words: Words,
    host: Host,
    places: FormPlaces | null,
    signal: AbortSignal,
  ) {
    this.#state = state;
    this.#words = words;
    this.#places = places;
    const fields = new FieldSet(`lumen-form-${newId()}`, state, words);
    this.#fields = fields;
    this.#sent = new SentNotice(state, words);
    const { draft } = state;
    const announce = (text: string) => this.#announce(text);
    const look = () => {
      places?.lead("results");
      this.#strip.enterNewest();
    };
    this.#prompt = new PromptField(
      fields.id("prompt"),
      words,
      (text) => draft.edit("prompt", text),
      look,
    );
    this.#model = new ModelField(fields.id("model"), words, (text) => draft.edit("model", text));
    this.#size = new SizeField(fields.id("size"), words, (text) => draft.edit("size", text));
    const painting = {
      toggle: (key: string) => void this.#togglePainter(key),
      discard: () => this.#discard(),
      left: (key: string) => this.#images.focusPaint(key),
    };
    const pictures = (place: "images" | "mask") =>
      new PictureField(fields.id(place), place, state, words, announce, painting);
    this.#images = pictures("images");
    this.#mask = pictures("mask");
    const closed = (key: string) => {
      places?.lead("form");
      this.#images.focusPaint(key);
    };
    const keydown = (event: KeyboardEvent) => this.#submitByKey(event);
    const discarding = () => {
      this.#discarding = true;
    };
    const submit = () => void this.#submitForm();
    const opened = (isOpen: boolean) => places?.opened("painter", isOpen);
    const reached = () => places?.lead("painter");
    const hooks = { closed, discarding, keydown, submit, look, opened, reached };
    this.#painter = new PainterPlace(
      fields.id("painter-prompt"),
      state,
      words,
      host,
      hooks,
      signal,
    );
    const set = (sides: Sides) => state.setSides(sides);
    this.#extend = new ExtendField(fields.id("extend"), set, words, signal);
    this.#repaint = new RepaintOptions((name) => fields.id(name), draft, words);
    fields.register("prompt", words.prompt, this.#prompt.field, (text) => {
      this.#prompt.show(text);
      this.#painter.showPrompt(text);
    });
    const negative = fields.text("negative_prompt", words.negative, words.negativeHint);
    fields.register("images", words.images, this.#images);
    for (const side of SIDES) {
      fields.register(side, words.extend, {
        error: (text) => this.#extend.error(side, text),
        focus: () => this.#extend.focus(),
      });
    }
    fields.register("mask", words.mask, this.#mask);
    fields.register("exact", words.exact, this.#repaint.exact);
    fields.register("crop", words.crop, this.#repaint.crop);
    fields.register("model", words.model, this.#model, (text) => this.#model.show(text));
    fields.register("size", words.size, this.#size.field, (text) => this.#size.show(text));
    const main = element(
      "div",
      { class: "lumen-form-main" },
      this.#prompt.field.el,
      negative,
      element("div", {}, this.#images.field.el, this.#extend.el),
      element("div", {}, this.#mask.field.el, this.#repaint.el),
    );
    const side = element(
      "div",
      { class: "lumen-form-side" },
      this.#model.el,
      this.#size.field.el,
      element(
        "div",
        { class: "lumen-form-choices" },
        fields.choice(
          "n",
          words.n,
          ["1", "2", "3", "4"].map((one) => [one, one]),
        ),
        fields.choice("resolution", words.resolution, [
          ["", words.resolutionAuto],
          ...["1K", "2K", "4K"].map((one): [string, string] => [one, one]),
        ]),
        fields.choice("quality", words.quality, [
          ["", words.qualityAuto],
          ["low", words.low],
          ["medium", words.medium],
          ["high", words.high],
        ]),
      ),
    );
    const webhook = fields.address("webhook_url", words.webhook, words.webhookHint);
    const secret = new Field(fields.id("secret"), words.secret, this.#secret, {
      hint: words.secretHint,
    });
    fields.register("webhook_secret", words.secret, secret);
    this.#more = element(
      "details",
      { class: "lumen-more" },
      element("summary", {}, words.more),
      element(
        "div",
        { class: "lumen-more-fields" },
        webhook,
        secret.el,
        fields.text("_extra_text", words.extra, words.extraHint, "extra"),
      ),
    );
    this.#asCode = new CodeSection(fields.id("as-code"), state.code, words, signal);
    this.#cost.id = fields.id("cost");
    this.#submit.setAttribute("aria-describedby", this.#cost.id);
    const flush = () => draft.flush();
    this.#recall = new RecallBox(state.strip, words, { closed: () => this.#focusStrip() }, signal);
    this.#strip = new ResultStrip(
      state.strip,
      words,
      {
        form: state.model.get("_form"),
        price: ({ model, count }) => this.#price(model, count),
        host: () => state.model.get("_host"),
        flush,
        offered: () => {
          places?.lead("form");
          this.#recall.expect();
        },
        goOn: (action) => {
          if (action === "paint") this.#painter.enter();
          else if (action === "compare") this.#compare.enter();
          else {
            places?.lead("form");
            this.#extend.focus();
          }
        },
      },
      places !== null,
      signal,
    );
    this.#images.recalls((sha256) => {
      flush();
      this.#recall.expect();
      state.strip.offer(sha256);
    });
    this.#gallery = new GalleryPlace(state, words, host, keydown, places, signal);
    this.#images.offer(this.#gallery.toggle, this.#gallery.status);
    this.#compare = new ChildPlace(
      { close: words.compareClose },
      host,
      {
        close: () => state.strip.closeCompare(),
        closed: () => {
          places?.lead("results");
          this.#focusStrip();
        },
        opened: (isOpen) => places?.opened("compare", isOpen),
        reached: () => places?.lead("compare"),
        keydown,
      },
      signal,
    );
    this.#presets = new PresetSection(fields.id("presets"), state.strip, words, flush, signal);
    const form = element("form", { class: "lumen-form", novalidate: "" });
    const account = state.model.get("_host");
    const header = element(
      "header",
      {},
      element("span", { class: "lumen-form-title" }, words.title),
      element(
        "span",
        { class: "lumen-account", "data-sandbox": String(isFree(account)) },
        accountWords(account, words),
      ),
    );
    form.append(
      // whoever lends places says it for all of them
      ...(places === null ? [header] : []),
      element("div", { class: "lumen-form-fields" }, main, side),
      element("div", { class: "lumen-form-folded" }, this.#more, this.#presets.el, this.#asCode.el),
      element("footer", {}, this.#submit, this.#cost, this.#status, this.#refusal, this.#lost),
      this.#sent.el,
      this.#below,
    );
    this.el = element(
      "section",
      { class: "lumen lumen-prompt-form", "aria-label": words.title, lang: words.lang },
      form,
    );
    if (places === null) {
      // the offer last, so that nothing of the form moves from under the pointer that asked for it
      form.append(this.#strip.el, this.#recall.el);
      // what is compared may have been chosen in the gallery, which is the longer of the two
      this.el.append(this.#painter.el, this.#compare.el, this.#gallery.el);
    } else {
      form.append(this.#recall.el);
      this.#lend(places, keydown, signal);
    }
    this.#listen(form, signal);
    this.#showAll();
  }

  /** Shows the parts where another widget has a place for each. */
  #lend(places: FormPlaces, keydown: (event: KeyboardEvent) => void, signal: AbortSignal): void {
    this.el.classList.add("lumen-form-lending");
    const lend = (part: LentPart, content: HTMLElement) =>
      lentRoot(places, part, this.#words, content, signal);
    const results = lend("results", this.#strip.el);
    lend("painter", this.#painter.el);
    lend("compare", this.#compare.el);
    lend("gallery", this.#gallery.el);
    // as in the form, of which it is no part there
    results.addEventListener("keydown", keydown);
    keepKeys(results, signal, (event) => event.key === "Enter");
    oneActionPerGesture(results, signal);
    const shown = () => places.opened("results", this.#state.strip.pictures.length > 0);
    this.#state.strip.listen((part) => {
      if (part === "results") shown();
    }, signal);
    shown();
    // what was sent before a reload, too
    this.#showAwaited();
  }

  /** Moves the focus to where the work with a part is done; returns whether there is such a place. */
  focus(part: LentPart | "form"): boolean {
    if (part === "form") this.#prompt.field.focus();
    else if (part === "results" && !this.#strip.el.hidden) this.#strip.focus();
    else if (part === "painter" && this.#state.model.get("painter") !== null) this.#painter.enter();
    else return false;
    return true;
  }

  #listen(form: HTMLFormElement, signal: AbortSignal): void {
    const state = this.#state;
    state.draft.listen((name) => {
      this.#fields.show(name);
      this.#showAbilities();
    }, signal);
    state.listen((part) => {
      if (part === "errors") this.#fields.showErrors();
      else if (part === "key") {
        // at once: what was pasted is gone from under the hand
        this.#fields.showErrors(true);
        this.#announce(errorWords("", KEY_CUT, this.#words));
      } else if (part === "earlier") this.#prompt.history.setPrompts(state.earlier);
      else if (part === "submit") this.#showSubmitting();
      else if (part === "connection") this.#showConnection();
      else if (part === "painter") this.#showPainting();
      else if (part === "extend") this.#extend.el.open = true;
      else this.#showPictures();
    }, signal);
    state.strip.listen((part) => {
      if (part === "results") this.#showArrived();
      else if (part === "awaited") this.#showAwaited();
    }, signal);
    for (const [trait, show] of [
      ["_models", () => this.#showModels()],
      ["_prices", () => this.#showCost()],
      ["_budget", () => this.#showCost()],
      ["_below", () => this.#showBelow()],
      ["static", () => this.#showBelow()],
      ["compare", () => this.#showCompare()],
    ] as const) {
      state.model.on(`change:${trait}`, show);
      signal.addEventListener("abort", () => state.model.off(`change:${trait}`, show));
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submitForm();
    });
    form.addEventListener("keydown", (event) => this.#keydown(event));
    form.addEventListener("focusout", () => {
      state.draft.flush();
      this.#fields.showErrors();
    });
    form.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      const inMask = event.target instanceof Node && this.#mask.field.el.contains(event.target);
      (inMask ? this.#mask : this.#images).add(files);
    });
    // Ctrl+Enter submits the form: in JupyterLab it would run the cell
    keepKeys(form, signal, (event) => event.key === "Enter");
    oneActionPerGesture(form, signal);
  }

  /** Shows the painter, the gallery and the comparison that are open; call it once the view is in the page. */
  showPainter(): void {
    this.#painter.update();
    this.#gallery.update();
    this.#showCompare();
  }

  #showCompare(): void {
    const ref = this.#state.model.get("compare");
    // asked for in the gallery, whose view knows nothing of the form
    const inGallery = this.#gallery.el.contains(document.activeElement);
    this.#compare.show(ref);
    if (ref !== null && inGallery) this.#compare.enter();
  }

  #keydown(event: KeyboardEvent): void {
    if (this.#submitByKey(event)) return;
    if (event.key !== "Enter" || isComposing(event)) return;
    // a browser would submit, and that costs credits
    if (event.target instanceof HTMLInputElement) event.preventDefault();
  }

  #submitByKey(event: KeyboardEvent): boolean {
    if (event.key !== "Enter" || isComposing(event)) return false;
    if (!event.ctrlKey && !event.metaKey) return false;
    event.preventDefault();
    if (!event.repeat) void this.#submitForm();
    return true;
  }

  async #togglePainter(key: string): Promise<void> {
    const state = this.#state;
    if (state.connection.ended) {
      this.#announce(this.#words.actionLost);
      return;
    }
    if (state.painted?.key === key && state.painted.own && state.model.get("painter") !== null) {
      state.endPainting("close_painter");
      return;
    }
    const from = document.activeElement;
    const reason = await state.paint(key);
    if (reason === "") {
      const active = document.activeElement;
      // not if the user has gone on to something else
      const stays = active === from || active === null || active === document.body;
      if (stays && state.model.get("painter") !== null) this.#painter.enter();
      return;
    }
    const name = state.images.find((one) => one.key === key)?.name ?? "";
    this.#announce(fill(this.#words.notOpened, { name, reason }));
  }

  #discard(): void {
    if (this.#state.connection.ended) {
      this.#announce(this.#words.actionLost);
      return;
    }
    this.#discarding = true;
    this.#images.focusPaint(this.#state.painted?.key ?? "");
    this.#state.endPainting("discard");
  }

  #showPainting(): void {
    const { opening, closing } = this.#state;
    clearTimeout(this.#painterTimer);
    if (opening !== "" || closing) {
      this.#painterTimer = setTimeout(() => this.#announce(this.#words.waiting), PATIENCE_MS);
    } else if (this.#announced === this.#words.waiting) this.#announce("");
    this.#showPictures();
  }

  async #submitForm(): Promise<void> {
    this.#refusal.textContent = "";
    this.#announced = "";
    // what stands in a field and what is sent are the same
    if (!this.#extend.check()) {
      this.#refusal.textContent = fill(this.#words.notSent, { fields: this.#words.extend });
      return;
    }
    const newest = this.#newest;
    const answer = await this.#state.submit(this.#secret.value);
    if (answer?.taken && answer.repeated) {
      const button = this.#submit.textContent ?? "";
      this.#announce(fill(this.#words.sentAlready, { button }));
    } else if (answer?.taken) {
      this.#newestThen = newest;
      this.#awaited = answer.request;
      this.#strip.follow();
      this.#announce(this.#sentNow);
      this.#places?.sent();
      this.#showArrived();
      // it may have failed before the answer was here
      if (this.#state.strip.awaited.request === answer.request) this.#showAwaited();
    }
    if (answer === null || answer.taken) return;
    const labels = this.#fields.invalidLabels().join(this.#words.listed);
    this.#refusal.textContent = fill(this.#words.notSent, { fields: labels });
    this.#fields.showErrors(true);
    const first = this.#fields.firstInvalid();
    if (first === null) return;
    if (IN_MORE.has(first.name)) this.#more.open = true;
    first.focus();
  }

  /** Says that something was sent, and where that stands. */
  get #sentNow(): string {
    return this.#places === null ? this.#words.sentNow : this.#words.sentLent;
  }

  get #newest(): string {
    return this.#state.strip.pictures[0]?.key ?? "";
  }

  /** Says that pictures of what was sent in this view have come. */
  #showArrived(): void {
    if (this.#newestThen === null || this.#newestThen === this.#newest) return;
    this.#newestThen = null;
    this.#announce(this.#words.arrived, true);
    this.#places?.arrived();
  }

  /** Says how what was sent last stands: in place of that it was sent, once it has ended in vain. */
  #showAwaited(): void {
    const { request, state, reason } = this.#state.strip.awaited;
    const words = this.#words;
    const isOver = state === "ended";
    this.#places?.awaited(
      state,
      reason === "" || isOver ? reason : fill(words.trouble, { reason }),
    );
    if (!isOver || request !== this.#awaited) return;
    this.#awaited = "";
    this.#newestThen = null;
    this.#announce(fill(words.noneCame, { reason }));
  }

  #showAll(): void {
    this.#fields.showAll();
    this.#prompt.history.setPrompts(this.#state.earlier);
    this.#showModels();
    this.#showPictures();
    this.#fields.showErrors();
    this.#showBelow();
    this.#showSubmitting();
    this.#showConnection();
  }

  #showModels(): void {
    this.#model.setModels(this.#state.model.get("_models"));
    this.#model.show(this.#state.draft.text("model"));
    this.#showAbilities();
  }

  #showPictures(): void {
    this.#images.show(this.#state.images);
    this.#mask.show(this.#state.mask === null ? [] : [this.#state.mask]);
    // not before the view is in the page
    if (this.el.isConnected) this.#painter.update();
    this.#showChosen();
    if (this.#discarding && this.#state.painted === null) {
      this.#discarding = false;
      this.#announce(this.#words.discarded);
    }
    this.#showAbilities();
  }

  /** Says of a model that it was chosen for painting: beside it, and once aloud. */
  #showChosen(): void {
    const { chosen, draft } = this.#state;
    const shown = chosen?.model === draft.text("model") ? chosen : null;
    this.#model.showChosen(shown);
    const text = shown ? chosenWords(shown, this.#words) : "";
    // a page that is loaded announces nothing of before
    if (this.#chosen !== null && text !== "" && text !== this.#chosen) this.#announce(text);
    if (this.#state.loaded) this.#chosen = text;
  }

  #showAbilities(): void {
    const { draft, model, images, mask, painted } = this.#state;
    this.#showChosen();
    const words = this.#words;
    const models = model.get("_models");
    const code = draft.text("model");
    const can = abilities(models, code);
    const extended = draft.extends;
    const endpoint = endpointOf(images.length, mask !== null || extended, can);
    const takesPictures = can === null || can.has("edits") || can.has("inpaint");
    const full = endpoint === "inpaint" && images.length > 0;
    if (!takesPictures) {
      this.#images.disable(fill(words.cannotEdit, { model: code }), this.#alternative("edits"));
    } else if (painted && images.length > 1) this.#images.disable(words.othersOut);
    else this.#images.disable(full ? words.oneOnly : "", null, images.length === 1);

    const cannot = can !== null && !can.has("inpaint");
    if (cannot) {
      this.#mask.disable(fill(words.cannotRepaint, { model: code }), this.#alternative("inpaint"));
      this.#extend.disable(
        fill(words.cannotExtend, { model: code }),
        this.#alternative("inpaint", (chosen) => {
          this.#extend.focus();
          this.#announce(fill(words.modelNow, { model: chosen }));
        }),
      );
    } else {
      this.#mask.disable(extended ? words.maskOrExtend : "");
      const isEmpty = painted?.own === true && !mask?.coverage;
      this.#extend.disable(mask !== null && !extended && !isEmpty ? words.extendOrMask : "");
    }
    const only = images.length === 1 ? images[0] : undefined;
    const extensible = images.find((one) => one.key === painted?.key) ?? only;
    this.#extend.show(extensible ?? null, draft.sides, extended);
    const masked = endpoint === "inpaint" && !extended;
    this.#repaint.el.hidden = !masked;
    this.#repaint.show(draft.exact, draft.crop);
    const onlyRepaints = can?.size === 1 && can.has("inpaint");
    this.#model.showRequirement(onlyRepaints ? fill(words.needsBoth, { model: code }) : "");
    const masks = draft.crop === null ? "repaint" : "crop";
    this.#size.follow(endpoint !== "inpaint" ? "" : extended ? "extend" : masks);
    this.#showButton(endpoint);
  }

  /** A button that chooses a model which serves an endpoint; null if none is known. */
  #alternative(
    endpoint: Endpoint,
    chosen: (model: string) => void = () => this.#model.focus(),
  ): HTMLElement | null {
    const code = modelsFor(this.#state.model.get("_models"), endpoint)[0];
    if (code === undefined) return null;
    const made = button(fill(this.#words.use, { model: code }), () => {
      this.#state.draft.edit("model", code);
      chosen(code);
    });
    made.classList.add("lumen-instead");
    return made;
  }

  #showButton(endpoint: Endpoint): void {
    const words = this.#words;
    const verbs = {
      generations: words.submitGenerations,
      edits: words.submitEdits,
      inpaint: words.submitInpaint,
    };
    const { extends: extended } = this.#state.draft;
    const label = extended ? words.submitExtend : verbs[endpoint];
    this.#submit.textContent = label;
    this.#showCost();
    this.#showSubmitting();
    this.#strip.update();
  }

  #focusStrip(): void {
    if (this.#strip.el.hidden) this.#prompt.field.focus();
    else this.#strip.focus();
  }

  /** What so many pictures of a model cost, in words. */
  #price(code: string, n: number): string {
    const { model } = this.#state;
    const host = model.get("_host");
    if (isFree(host)) return this.#words.actFree;
    const prices = model.get("_prices");
    // on a button there is no room for where prices are set: beside the form's own it is said
    if (!Object.hasOwn(prices, code)) return this.#words.costSome;
    return costOf({ model: code, n }, host, prices, {}, this.#words).text;
  }

  #showCost(): void {
    const { draft, model } = this.#state;
    const what = asked(draft.text("model"), draft.text("n"), draft.text("_extra_text"));
    const [host, prices, budget] = [model.get("_host"), model.get("_prices"), model.get("_budget")];
    const cost = costOf(what, host, prices, budget, this.#words);
    setText(this.#cost, cost.text);
    this.#cost.toggleAttribute("data-over", cost.over);
  }

  /** Says what came of an action, until the next submit. */
  #announce(text: string, arrived = false): void {
    this.#announced = text;
    this.#arrived = arrived;
    this.#status.textContent = text;
    this.#painter.say(text, arrived);
    const isSaid = [this.#sentNow, this.#words.arrived].includes(text) || this.#isInVain(text);
    this.#prompt.say(isSaid ? text : "", arrived);
  }

  /** Whether a text says that no picture came of what was sent. */
  #isInVain(text: string): boolean {
    const { state, reason } = this.#state.strip.awaited;
    return state === "ended" && text === fill(this.#words.noneCame, { reason });
  }

  #showSubmitting(): void {
    const { submitting, unkept, connection } = this.#state;
    this.#submit.setAttribute("aria-disabled", String(submitting || connection.ended));
    const waiting = unkept ? this.#words.waitingUnkept : this.#words.waiting;
    const label = this.#submit.textContent ?? "";
    const text = submitting ? waiting : this.#announced;
    this.#status.textContent = text;
    this.#painter.say(text, this.#arrived && !submitting);
    this.#painter.showButton(label, submitting || connection.ended);
    this.#sent.update(label);
  }

  #showConnection(): void {
    const { connection, unanswered } = this.#state;
    const { state } = connection;
    // whoever lends places says it for all of them
    const isSaid = state !== "live" && this.#places === null;
    const text = isSaid ? this.#words[state] : "";
    this.#lost.textContent = connection.ended && unanswered ? this.#words.unanswered : text;
    this.#lost.hidden = this.#lost.textContent === "";
    this.#showSubmitting();
    if (this.el.isConnected) this.#painter.update();
  }

  #showBelow(): void {
    const { model } = this.#state;
    const isShown = this.#places !== null;
    const under = model.get("static") && !model.get("_below") && !isShown;
    this.#below.hidden = !under || model.get("_sent") === 0;
    this.#below.textContent = this.#words.reloaded;
  }
}
