/* The browser's copy of the mask of a painting, one for each model in each browser tab: the steps that the kernel has
   confirmed, and on top of them this copy's pending steps. A step made here shows at once and is sent as
   one message; steps of other copies and of Python go below the pending ones. The views of one model
   share the copy and listen to it, so that a stroke in one is in the others without the kernel; the way
   to another tab is described in lumen_widgets/widgets/mask_painter/session.py. */
import type { AnyModel } from "@anywidget/types";
import type { Connection } from "../shared/connection";
import { newId } from "../shared/ids";
import { type Box, emptyBox, isEmpty, union } from "./box";
import type {
  BrowserMessage,
  DecidedMessage,
  KernelMessage,
  MaskPainterModel,
  MaskSnapshotMessage,
} from "./messages";
import { pack, type Step, Unpacker } from "./operations";
import { MaskRaster } from "./raster";
import { after, EMPTY_HISTORY, type UndoHistory } from "./undo_history";

// milliseconds without a confirmation after which the views show that they wait for the kernel
const ANSWER_TIMEOUT_MS = 2000;

interface PendingStep {
  number: number;
  step: Step;
}

/** A change that views show. */
export interface Change {
  /** Where pixels changed. */
  box: Box;
  /** Whether a view's words and buttons may have to change too: coverage, undo and redo, a delay. False
      while a stroke in progress gets its points. */
  summaryChanged: boolean;
}

export class MaskCopy {
  /** The id of this copy in messages. */
  readonly id = newId();
  /** That of the painting. */
  readonly painting: string;
  readonly raster: MaskRaster;
  /** The confirmed and the pending steps. */
  history: UndoHistory = EMPTY_HISTORY;
  /** Whether the kernel has sent its history. */
  loaded = false;
  /** Whether the confirmation of a step takes longer than usual. */
  delayed = false;
  /** Whether the kernel refused the last step of this copy. */
  refused = false;
  readonly connection: Connection;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #stepListeners = new Set<() => void>();
  #confirmed: UndoHistory = EMPTY_HISTORY;
  #pending: PendingStep[] = [];
  #sequence = 0;
  #lastNumber = 0;
  #timer = 0;
  /** The number of the stroke in progress, or of the last one. */
  #stroke = 0;
  /** Called once the kernel has decided every step, after this painting is shown no more. */
  #left: (() => void) | null = null;
  readonly #ending = new AbortController();

  /** A copy of the painting that a model shows now. */
  constructor(model: AnyModel<MaskPainterModel>, connection: Connection) {
    const { painting, width, height } = model.get("_shown");
    this.painting = painting;
    this.connection = connection;
    // the mask is still here, and can be downloaded
    connection.listen(() => {
      this.#changed({ box: emptyBox(), summaryChanged: true });
      if (connection.state !== "closed") return;
      window.clearTimeout(this.#timer);
      // front ends may keep what showed a closed widget
      this.raster.release();
    }, this.#ending.signal);
    this.raster = new MaskRaster(width, height);
  }

  /** The part of the picture that is painted, 0 to 1. */
  get coverage(): number {
    return this.raster.count / (this.raster.width * this.raster.height);
  }

  hello(): void {
    this.#send({ kind: "hello", painting: this.painting, copy_id: this.id });
  }

  /** Takes in that this painting is shown no more: what was done in it is seen to until the kernel has
      all of it, and then `left` is called. */
  leave(left: () => void): void {
    this.#endStroke();
    this.#left = left;
    this.raster.release();
    this.#leaveIfDecided();
  }

  listen(listener: (change: Change) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** Calls `listener` with each step that is made in this page, until `signal` aborts. */
  onStep(listener: () => void, signal: AbortSignal): void {
    this.#stepListeners.add(listener);
    signal.addEventListener("abort", () => this.#stepListeners.delete(listener));
  }

  /** Applies a step made here, and sends it. */
  apply(step: Step): void {
    if (step.kind === "undo" && this.history.done.length === 0) return;
    if (step.kind === "redo" && this.history.undone.length === 0) return;
    this.history = after(this.history, step);
    const box = this.raster.follow(this.history.done);
    this.#enqueue(step);
    this.#changed({ box, summaryChanged: true });
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
    this.#changed({
      box: this.raster.extendStroke(points.map(Math.fround)),
      summaryChanged: false,
    });
  }

  /** Ends a stroke and makes it a step. */
  commitStroke(stroke = this.#stroke): void {
    if (stroke === this.#stroke) this.#endStroke();
  }

  /** Ends a stroke and removes it. */
  cancelStroke(stroke = this.#stroke): void {
    if (stroke !== this.#stroke || !this.raster.painting) return;
    this.#changed({ box: this.raster.cancelStroke(), summaryChanged: true });
  }

  receive(message: KernelMessage, buffers: readonly DataView[]): void {
    switch (message.kind) {
      case "snapshot":
        if (message.copy_id === this.id) this.#loadSnapshot(message, buffers);
        break;
      case "decided":
        if (this.loaded) this.#confirm(message, buffers);
        break;
      case "resend":
        if (message.copy_id !== this.id) break;
        for (const sent of this.#pending) if (sent.number >= message.number) this.#sendStep(sent);
        break;
      case "ask": {
        const { request } = message;
        if (this.delayed) for (const sent of this.#pending) this.#sendStep(sent);
        const { painting, id: copy_id } = this;
        this.#send({ kind: "up_to", painting, request, copy_id, number: this.#lastNumber });
        break;
      }
    }
  }

  /** Asks for the mask that is offered. */
  takeOver(): void {
    this.#send({ kind: "take_over", painting: this.painting, copy_id: this.id });
  }

  #endStroke(): void {
    const stroke = this.raster.commitStroke();
    if (!stroke || stroke.points.length === 0) return;
    this.history = after(this.history, stroke);
    // the raster has drawn it already: nothing changes on the screen
    const box = this.raster.follow(this.history.done);
    this.#enqueue(stroke);
    this.#changed({ box, summaryChanged: true });
  }

  #loadSnapshot(message: MaskSnapshotMessage, [points, base]: readonly DataView[]): void {
    const unpacker = new Unpacker(points);
    const read = (wires: MaskSnapshotMessage["done"]) =>
      wires.map((wire) => unpacker.step(wire) as UndoHistory["done"][number]);
    let box = emptyBox();
    if (!this.loaded && !this.#left && base && base.byteLength > 0) {
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

  #confirm(message: DecidedMessage, [points]: readonly DataView[]): void {
    const unpacker = new Unpacker(points);
    let sequence = message.sequence - message.steps.length;
    if (sequence > this.#sequence) {
      // a message was lost: ask for the whole history
      this.hello();
      return;
    }
    let lastOwn = 0;
    for (const { copy_id, number, accepted, step: wire } of message.steps) {
      const step = wire && unpacker.step(wire);
      sequence++;
      // a snapshot may have contained it already
      if (sequence <= this.#sequence) continue;
      this.#sequence = sequence;
      const own = copy_id === this.id;
      const pending = own ? this.#pending.find((sent) => sent.number === number) : null;
      if (pending) lastOwn = number;
      if (pending && !accepted) this.refused = true;
      const confirmed = pending?.step ?? step;
      if (accepted && confirmed) this.#confirmed = after(this.#confirmed, confirmed);
    }
    this.#confirmUpTo(lastOwn);
    this.#rebuild();
  }

  /** Removes from the pending steps those that the kernel has decided, up to a number. */
  #confirmUpTo(number: number): void {
    this.#pending = this.#pending.filter((sent) => sent.number > number);
    window.clearTimeout(this.#timer);
    this.delayed = false;
    if (this.#pending.length > 0) this.#startTimer();
  }

  /** Rebuilds history and raster from confirmed and pending steps; `changed` is changed already. */
  #rebuild(changed = emptyBox()): void {
    this.#leaveIfDecided();
    // nothing shows it any more
    if (this.#left) return;
    this.history = this.#pending.reduce((past, { step }) => after(past, step), this.#confirmed);
    this.#changed({
      box: union(changed, this.raster.follow(this.history.done)),
      summaryChanged: true,
    });
  }

  #leaveIfDecided(): void {
    if (!this.#left || this.#pending.length > 0) return;
    window.clearTimeout(this.#timer);
    this.#send({ kind: "left", painting: this.painting, copy_id: this.id });
    this.#ending.abort();
    this.#left();
  }

  #enqueue(step: Step): void {
    this.refused = false;
    this.#lastNumber++;
    const sent = { number: this.#lastNumber, step };
    this.#pending.push(sent);
    this.#sendStep(sent);
    if (this.#pending.length === 1) this.#startTimer();
    for (const listener of this.#stepListeners) listener();
  }

  #startTimer(timeout = ANSWER_TIMEOUT_MS): void {
    this.#timer = window.setTimeout(() => {
      if (this.connection.ended) return;
      this.delayed = true;
      // A busy kernel answers later. If a message was lost, the answer shows which steps are missing.
      this.hello();
      this.#startTimer(timeout * 4);
      this.#changed({ box: emptyBox(), summaryChanged: true });
    }, timeout);
  }

  #sendStep({ number, step }: PendingStep): void {
    const { wire, points } = pack(step);
    // slice: a message sends the whole buffer
    const buffer = points.slice().buffer;
    const { painting, id: copy_id } = this;
    this.#send({ kind: "step", painting, copy_id, number, step: wire }, [buffer]);
  }

  #send(message: BrowserMessage, buffers: ArrayBuffer[] = []): void {
    this.connection.send(message, buffers);
  }

  #changed(change: Change): void {
    if (!change.summaryChanged && isEmpty(change.box)) return;
    for (const listener of this.#listeners) listener(change);
  }
}
