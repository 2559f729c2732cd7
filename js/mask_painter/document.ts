/* A mask as one page knows it: what the kernel has taken in, and on top of it what this page did since.
   What a person does shows at once and is sent as one message; what others did is put under it. The
   views of one model share it. */
import type { AnyModel } from "@anywidget/types";
import { newId } from "../shared/ids";
import { around, type Box, isNowhere, nowhere } from "./box";
import { after, type History, NOTHING } from "./history";
import type {
  AppliedMessage,
  BrowserMessage,
  KernelMessage,
  MaskPainterModel,
  MaskSnapshotMessage,
} from "./messages";
import { pack, type Step, Unpacker } from "./operations";
import { MaskRaster } from "./raster";

// milliseconds without the kernel's word after which people should know that it has not come
const PATIENCE_MS = 2000;

interface Sent {
  number: number;
  step: Step;
}

/** What views hear: where pixels changed, and whether a step did it or a stroke that goes on. */
export interface Change {
  box: Box;
  step: boolean;
}

export class MaskDocument {
  /** This page, as the kernel knows it. */
  readonly page = newId();
  readonly raster: MaskRaster;
  /** What was done and undone by now. */
  history: History = NOTHING;
  /** Whether the kernel has said what there was before this page. */
  known = false;
  /** Whether steps wait for the kernel longer than usual. */
  waiting = false;
  /** Whether the kernel can no longer be reached from here, as after it was restarted. */
  lost = false;
  /** Whether the kernel refused the last thing that was done here. */
  refused = false;
  readonly #model: AnyModel<MaskPainterModel>;
  readonly #listeners = new Set<(change: Change) => void>();
  #confirmed: History = NOTHING;
  #pending: Sent[] = [];
  #sequence = 0;
  #number = 0;
  #patience = 0;
  /** The stroke that is being drawn, or was last. */
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

  /** Carries out what a person did, and tells the kernel. */
  do(step: Step): void {
    if (step.kind === "undo" && this.history.done.length === 0) return;
    if (step.kind === "redo" && this.history.undone.length === 0) return;
    this.history = after(this.history, step);
    const box = this.raster.follow(this.history.done);
    this.#tell(step);
    this.#changed({ box, step: true });
  }

  /** Begins a stroke and returns which one it is: a hand goes on with its own alone. One that another
      view was drawing is ended first, and kept. */
  begin(radius: number, erase: boolean): number {
    this.#finish();
    this.raster.begin(radius, erase);
    this.#stroke++;
    return this.#stroke;
  }

  /** Paints on to more points, x, y, x, y, …. */
  extend(points: readonly number[], stroke = this.#stroke): void {
    if (stroke !== this.#stroke) return;
    // as they will be sent: the kernel paints these points and no others
    this.#changed({ box: this.raster.extend(points.map(Math.fround)), step: false });
  }

  /** Ends a stroke and keeps it. */
  commit(stroke = this.#stroke): void {
    if (stroke === this.#stroke) this.#finish();
  }

  /** Ends a stroke as if it had not been. */
  abandon(stroke = this.#stroke): void {
    if (stroke !== this.#stroke || !this.raster.painting) return;
    this.#changed({ box: this.raster.abandon(), step: true });
  }

  receive(message: KernelMessage, buffers: readonly DataView[]): void {
    switch (message.kind) {
      case "snapshot":
        if (message.page === this.page) this.#start(message, buffers);
        break;
      case "applied":
        if (this.known) this.#apply(message, buffers);
        break;
      case "resend":
        if (message.page !== this.page) break;
        for (const sent of this.#pending) if (sent.number >= message.number) this.#sendStep(sent);
        break;
      case "ask": {
        const { request } = message;
        if (this.waiting) for (const sent of this.#pending) this.#sendStep(sent);
        this.#send({ kind: "up_to", request, page: this.page, number: this.#number });
        break;
      }
    }
  }

  wantPicture(): void {
    this.#send({ kind: "want_picture", page: this.page });
  }

  #finish(): void {
    const stroke = this.raster.commit();
    if (!stroke || stroke.points.length === 0) return;
    this.history = after(this.history, stroke);
    // drawn already: this only takes note of it
    const box = this.raster.follow(this.history.done);
    this.#tell(stroke);
    this.#changed({ box, step: true });
  }

  #start(message: MaskSnapshotMessage, [points, base]: readonly DataView[]): void {
    const unpacker = new Unpacker(points);
    const read = (wires: MaskSnapshotMessage["done"]) =>
      wires.map((wire) => unpacker.step(wire) as History["done"][number]);
    let box = nowhere();
    if (!this.known && base && base.byteLength > 0) {
      this.raster.startFrom(new Uint8Array(base.buffer, base.byteOffset, base.byteLength));
      box = { x0: 0, y0: 0, x1: this.raster.width, y1: this.raster.height };
    }
    this.known = true;
    this.#sequence = message.sequence;
    this.#confirmed = { done: read(message.done), undone: read(message.undone) };
    this.#settle(message.number);
    this.#follow(box);
    // if they were on their way already, the kernel takes them once
    for (const sent of this.#pending) this.#sendStep(sent);
  }

  #apply(message: AppliedMessage, [points]: readonly DataView[]): void {
    const unpacker = new Unpacker(points);
    let number = message.sequence - message.steps.length;
    if (number > this.#sequence) {
      // something was lost on the way: ask for all of it
      this.hello();
      return;
    }
    let mine = 0;
    for (const { page, number: own, taken, step: wire } of message.steps) {
      const step = wire && unpacker.step(wire);
      number++;
      // a snapshot may have brought it already
      if (number <= this.#sequence) continue;
      this.#sequence = number;
      const ours = page === this.page ? this.#pending.find((sent) => sent.number === own) : null;
      if (ours) mine = own;
      if (ours && !taken) this.refused = true;
      const known = ours?.step ?? step;
      if (taken && known) this.#confirmed = after(this.#confirmed, known);
    }
    this.#settle(mine);
    this.#follow();
  }

  /** Takes note that the kernel has this page's steps up to a number. */
  #settle(number: number): void {
    this.#pending = this.#pending.filter((sent) => sent.number > number);
    window.clearTimeout(this.#patience);
    this.waiting = false;
    if (this.#pending.length > 0) this.#wait();
  }

  /** Takes on the history as it is now; `changed` is what something else has changed already. */
  #follow(changed = nowhere()): void {
    this.history = this.#pending.reduce((past, { step }) => after(past, step), this.#confirmed);
    this.#changed({ box: around(changed, this.raster.follow(this.history.done)), step: true });
  }

  #tell(step: Step): void {
    this.refused = false;
    this.#number++;
    const sent = { number: this.#number, step };
    this.#pending.push(sent);
    this.#sendStep(sent);
    if (this.#pending.length === 1) this.#wait();
  }

  #wait(patience = PATIENCE_MS): void {
    this.#patience = window.setTimeout(() => {
      this.waiting = true;
      // A busy kernel answers later; where a message was lost, the answer says what is missing.
      this.hello();
      this.#wait(patience * 4);
      this.#changed({ box: nowhere(), step: true });
    }, patience);
  }

  #sendStep({ number, step }: Sent): void {
    const { wire, points } = pack(step);
    const { page } = this;
    // slice: a buffer is handed over whole
    this.#send({ kind: "step", page, number, step: wire }, [points.slice().buffer]);
  }

  #send(message: BrowserMessage, buffers: ArrayBuffer[] = []): void {
    try {
      this.#model.send(message, undefined, buffers);
      this.lost = false;
    } catch {
      // what was painted is still here, to be seen and to be taken away
      this.lost = true;
    }
  }

  #changed(change: Change): void {
    if (!change.step && isNowhere(change.box)) return;
    for (const listener of this.#listeners) listener(change);
  }
}
