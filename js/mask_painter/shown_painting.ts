/* What a page has of the painting that a model shows, for all views: its mask, its sides, its picture.
   Where the model goes on to another painting, the copies of the former one are kept until the kernel has
   every step that was made in them. */
import type { AnyModel } from "@anywidget/types";
import { Connection } from "../shared/connection";
import { type Sides, sameSides } from "../shared/side_numbers";
import { MaskCopy } from "./mask_copy";
import type { KernelMessage, MaskPainterModel } from "./messages";
import { PictureFile } from "./picture_file";
import { SidesCopy } from "./sides_copy";

export class ShownPainting {
  readonly connection: Connection;
  mask!: MaskCopy;
  sides!: SidesCopy;
  file!: PictureFile;
  readonly #model: AnyModel<MaskPainterModel>;
  #ending = new AbortController();
  readonly #former = new Set<MaskCopy>();
  readonly #listeners = new Set<() => void>();
  readonly #stepListeners = new Set<() => void>();
  readonly #sidesListeners = new Set<(sides: Readonly<Sides>) => void>();

  /** `signal` is that of the model's `initialize`. */
  constructor(model: AnyModel<MaskPainterModel>, signal: AbortSignal) {
    this.#model = model;
    this.connection = new Connection(model, signal);
    this.#begin();
    const receive = (message: KernelMessage, buffers: DataView[]) => {
      if (message.kind === "picture") {
        // the id of a copy is of one painting
        this.file.receive(message, buffers);
        return;
      }
      for (const one of [this.mask, ...this.#former])
        if (one.painting === message.painting) one.receive(message, buffers);
    };
    const change = () => this.#goOn();
    model.on("msg:custom", receive);
    model.on("change:_shown", change);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", receive);
      model.off("change:_shown", change);
      this.#ending.abort();
    });
    this.mask.hello();
  }

  /** Calls `listener` when there is another painting, until `signal` aborts. */
  listen(listener: () => void, signal: AbortSignal): void {
    listenUntil(this.#listeners, listener, signal);
  }

  /** Calls `listener` with each step that is made in this page, until `signal` aborts. */
  onStep(listener: () => void, signal: AbortSignal): void {
    listenUntil(this.#stepListeners, listener, signal);
  }

  /** Calls `listener` with the new ground that is set in this page, until `signal` aborts. */
  onSides(listener: (sides: Readonly<Sides>) => void, signal: AbortSignal): void {
    listenUntil(this.#sidesListeners, listener, signal);
  }

  setSides(wanted: Readonly<Sides>): void {
    if (sameSides(wanted, this.sides.sides)) return;
    this.sides.preview(wanted);
    this.sides.commit();
  }

  /** Makes copies of the painting that the model shows now. */
  #begin(): void {
    this.#ending = new AbortController();
    const { signal } = this.#ending;
    this.mask = new MaskCopy(this.#model, this.connection);
    this.sides = new SidesCopy(this.#model, this.connection, signal);
    this.file = new PictureFile(this.#model, this.connection, this.mask, signal);
    this.mask.onStep(() => {
      for (const listener of this.#stepListeners) listener();
    }, signal);
    this.sides.onSet((set) => {
      for (const listener of this.#sidesListeners) listener(set);
    }, signal);
  }

  #goOn(): void {
    const former = this.mask;
    if (former.painting === this.#model.get("_shown").painting) return;
    const ended = this.#ending;
    this.#begin();
    // the views end with this, and keep a stroke or a drag in progress
    for (const listener of [...this.#listeners]) listener();
    ended.abort();
    this.#former.add(former);
    former.leave(() => this.#former.delete(former));
    this.mask.hello();
  }
}

function listenUntil<Listener>(
  listeners: Set<Listener>,
  listener: Listener,
  signal: AbortSignal,
): void {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
}
