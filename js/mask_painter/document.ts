/* The mask in one page: the steps that the kernel has confirmed, and on top of them this page's pending
   steps. A step of this page shows at once and is sent as one message; steps of other pages and of Python
   go below the pending ones. The views of one model share it. */
import type { AnyModel } from "@anywidget/types";
import { newId } from "../shared/ids";
import { type Box, emptyBox, isEmpty, union } from "./box";
import { after, EMPTY_HISTORY, type History } from "./history";
import type {
  AppliedMessage,
  BrowserMessage,
  KernelMessage,
  MaskPainterModel,
  MaskSnapshotMessage,
} from "./messages";
import { pack, type Step, Unpacker } from "./operations";
import { MaskRaster } from "./raster";

// milliseconds without a confirmation after which the page shows that it waits for the kernel
const ANSWER_TIMEOUT_MS = 2000;

interface PendingStep {
  number: number;
  step: Step;
}

/** A change that views show: where pixels changed, and whether by a step or by a stroke in progress. */
export interface Change {
  box: Box;
  step: boolean;
}

export class MaskDocument {
  /** This page's id in messages. */
  readonly page = newId();
  readonly raster: MaskRaster;
  /** The confirmed and the pending steps. */
  history: History = EMPTY_HISTORY;
  /** Whether the kernel has sent its history. */
  loaded = false;
  /** Whether the confirmation of a step takes longer than usual. */
  delayed = false;
  /** Whether messages can no longer be sent, as after a restart of the kernel. */
  disconnected = false;
  /** Whether the kernel refused the last step of this page. */
  refused = false;
  readonly #model: AnyModel<MaskPainterModel>;
  readonly #listeners = new Set<(change: Change) => void>();
  #confirmed: History = EMPTY_HISTORY;
  #pending: PendingStep[] = [];
  #sequence = 0;
  #lastNumber = 0;
  #timer = 0;
  /** The number of the stroke in progress, or of the last one. */
  #stroke = 0;

  constructor(model: AnyModel<MaskPainterModel>) {
    this.#model = model;
    this.raster = new MaskRaster(model.get("_width"), model.get("_height"));
  }

  /** The part of the picture that is painted, 0 to 1. */
  get share(): number {
    return this.raster.count / (this.raster.width * this.raster.height);
  }

  hello(): void {
    this.#send({ kind: "hello", page: this.page });
  }

  listen(listener: (change: Change) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** Applies a step of this page, and sends it. */
  apply(step: Step): void {
    if (step.kind === "undo" && this.history.done.length === 0) return;
    if (step.kind === "redo" && this.history.undone.length === 0) return;
    this.history = after(this.history, step);
    const box = this.raster.follow(this.history.done);
    this.#enqueue(step);
    this.#changed({ box, step: true });
  }

  /** Begins a stroke and returns its number, by which a view continues its own stroke only. A stroke in
      progress in another view is committed first. */
  beginStroke(radius: number, erase: boolean): number {
    this.#endStroke();
    this.raster.beginStroke(radius, erase);
    this.#stroke++;
    return this.#stroke;
  }

  /** Adds points to a stroke: x, y, x, y, …. */
  extendStroke(points: readonly number[], stroke = this.#stroke): void {
    if (stroke !== this.#stroke) return;
    // rounded as they will be sent, so that the kernel paints exactly these points
    this.#changed({ box: this.raster.extendStroke(points.map(Math.fround)), step: false });
  }

  /** Ends a stroke and makes it a step. */
  commitStroke(stroke = this.#stroke): void {
    if (stroke === this.#stroke) this.#endStroke();
  }

  /** Ends a stroke and removes it. */
  cancelStroke(stroke = this.#stroke): void {
    if (stroke !== this.#stroke || !this.raster.painting) return;
    this.#changed({ box: this.raster.cancelStroke(), step: true });
  }

  receive(message: KernelMessage, buffers: readonly DataView[]): void {
    switch (message.kind) {
      case "snapshot":
        if (message.page === this.page) this.#loadSnapshot(message, buffers);
        break;
      case "applied":
        if (this.loaded) this.#confirm(message, buffers);
        break;
      case "resend":
        if (message.page !== this.page) break;
        for (const sent of this.#pending) if (sent.number >= message.number) this.#sendStep(sent);
        break;
      case "ask": {
        const { request } = message;
        if (this.delayed) for (const sent of this.#pending) this.#sendStep(sent);
        this.#send({ kind: "up_to", request, page: this.page, number: this.#lastNumber });
        break;
      }
    }
  }

  wantPicture(): void {
    this.#send({ kind: "want_picture", page: this.page });
  }

  #endStroke(): void {
    const stroke = this.raster.commitStroke();
    if (!stroke || stroke.points.length === 0) return;
    this.history = after(this.history, stroke);
    // the raster has drawn it already: nothing changes on the screen
    const box = this.raster.follow(this.history.done);
    this.#enqueue(stroke);
    this.#changed({ box, step: true });
  }

  #loadSnapshot(message: MaskSnapshotMessage, [points, base]: readonly DataView[]): void {
    const unpacker = new Unpacker(points);
    const read = (wires: MaskSnapshotMessage["done"]) =>
      wires.map((wire) => unpacker.step(wire) as History["done"][number]);
    let box = emptyBox();
    if (!this.loaded && base && base.byteLength > 0) {
      this.raster.setBase(new Uint8Array(base.buffer, base.byteOffset, base.byteLength));
      box = { x0: 0, y0: 0, x1: this.raster.width, y1: this.raster.height };
    }
    this.loaded = true;
    this.#sequence = message.sequence;
    this.#confirmed = { done: read(message.done), undone: read(message.undone) };
    this.#confirmUpTo(message.number);
    this.#rebuild(box);
    // if they have reached the kernel already, it ignores the second copy
    for (const sent of this.#pending) this.#sendStep(sent);
  }

  #confirm(message: AppliedMessage, [points]: readonly DataView[]): void {
    const unpacker = new Unpacker(points);
    let number = message.sequence - message.steps.length;
    if (number > this.#sequence) {
      // a message was lost: ask for the whole history
      this.hello();
      return;
    }
    let lastOwn = 0;
    for (const { page, number: own, taken, step: wire } of message.steps) {
      const step = wire && unpacker.step(wire);
      number++;
      // a snapshot may have contained it already
      if (number <= this.#sequence) continue;
      this.#sequence = number;
      const pending = page === this.page ? this.#pending.find((sent) => sent.number === own) : null;
      if (pending) lastOwn = own;
      if (pending && !taken) this.refused = true;
      const confirmed = pending?.step ?? step;
      if (taken && confirmed) this.#confirmed = after(this.#confirmed, confirmed);
    }
    this.#confirmUpTo(lastOwn);
    this.#rebuild();
  }

  /** Removes from the pending steps those that the kernel has, up to a number. */
  #confirmUpTo(number: number): void {
    this.#pending = this.#pending.filter((sent) => sent.number > number);
    window.clearTimeout(this.#timer);
    this.delayed = false;
    if (this.#pending.length > 0) this.#startTimer();
  }

  /** Rebuilds history and raster from confirmed and pending steps; `changed` is changed already. */
  #rebuild(changed = emptyBox()): void {
    this.history = this.#pending.reduce((past, { step }) => after(past, step), this.#confirmed);
    this.#changed({ box: union(changed, this.raster.follow(this.history.done)), step: true });
  }

  #enqueue(step: Step): void {
    this.refused = false;
    this.#lastNumber++;
    const sent = { number: this.#lastNumber, step };
    this.#pending.push(sent);
    this.#sendStep(sent);
    if (this.#pending.length === 1) this.#startTimer();
  }

  #startTimer(timeout = ANSWER_TIMEOUT_MS): void {
    this.#timer = window.setTimeout(() => {
      this.delayed = true;
      // A busy kernel answers later. If a message was lost, the answer shows which steps are missing.
      this.hello();
      this.#startTimer(timeout * 4);
      this.#changed({ box: emptyBox(), step: true });
    }, timeout);
  }

  #sendStep({ number, step }: PendingStep): void {
    const { wire, points } = pack(step);
    const { page } = this;
    // slice: a message sends the whole buffer
    this.#send({ kind: "step", page, number, step: wire }, [points.slice().buffer]);
  }

  #send(message: BrowserMessage, buffers: ArrayBuffer[] = []): void {
    try {
      this.#model.send(message, undefined, buffers);
      this.disconnected = false;
    } catch {
      // the mask is still in the page, and can be downloaded
      this.disconnected = true;
    }
  }

  #changed(change: Change): void {
    if (!change.step && isEmpty(change.box)) return;
    for (const listener of this.#listeners) listener(change);
  }
}
