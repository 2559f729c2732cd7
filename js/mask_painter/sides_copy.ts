/* How far the picture of a painting is to grow, in this browser tab: shown at once, and sent as one message when a drag
   ends. The views of one model share it. What the kernel says meanwhile counts once it knows of the last
   message: what is older would undo that for as long as a cell keeps the kernel busy. A custom message, not
   the trait: the front end holds traits back while the kernel is busy, past the cells that are run then. */
import type { AnyModel } from "@anywidget/types";
import type { Connection } from "../shared/connection";
import { newId } from "../shared/ids";
import { NO_SIDES, type Sides, sameSides } from "../shared/side_numbers";
import type { MaskPainterModel, SidesMessage } from "./messages";

export class SidesCopy {
  /** The id of this copy in messages. */
  readonly id = newId();
  readonly #painting: string;
  readonly #connection: Connection;
  readonly #listeners = new Set<() => void>();
  readonly #setHere = new Set<(sides: Readonly<Sides>) => void>();
  /** Those of the last change that was complete. */
  #set: Readonly<Sides>;
  /** Those of a change in progress. */
  #preview: Readonly<Sides> | null = null;
  #number = 0;
  /** The last message, while the kernel has not answered. */
  #pending: SidesMessage | null = null;

  /** `signal` aborts once another painting is shown. */
  constructor(model: AnyModel<MaskPainterModel>, connection: Connection, signal: AbortSignal) {
    this.#painting = model.get("_shown").painting;
    this.#connection = connection;
    const first = model.get("_sides");
    // a front end may tell of one trait before the other
    this.#set = first.painting === this.#painting ? first.sides : NO_SIDES;
    const receive = () => {
      const { painting, copy_id, number, sides } = model.get("_sides");
      if (painting !== this.#painting) return;
      const answered = copy_id === this.id && number === this.#number;
      if (this.#pending && !answered) return;
      this.#pending = null;
      this.#set = sides;
      this.#changed();
    };
    model.on("change:_sides", receive);
    signal.addEventListener("abort", () => model.off("change:_sides", receive));
    connection.listen(() => {
      if (connection.state === "live" && this.#pending) connection.send(this.#pending);
    }, signal);
  }

  /** The sides as they are shown. */
  get sides(): Readonly<Sides> {
    return this.#preview ?? this.#set;
  }

  /** Shows sides while they change. */
  preview(sides: Readonly<Sides>): void {
    this.#preview = sides;
    this.#changed();
  }

  /** Takes a change in progress back. */
  cancel(): void {
    if (!this.#preview) return;
    this.#preview = null;
    this.#changed();
  }

  /** Completes a change in progress, and sends it. */
  commit(): void {
    const sides = this.#preview;
    this.#preview = null;
    if (!sides) return;
    if (!sameSides(sides, this.#set)) {
      this.#set = sides;
      this.#number++;
      const { id: copy_id } = this;
      const number = this.#number;
      this.#pending = { kind: "sides", painting: this.#painting, copy_id, number, sides };
      this.#connection.send(this.#pending);
      for (const listener of this.#setHere) listener(sides);
    }
    this.#changed();
  }

  /** Calls `listener` with each change that is completed in this page, until `signal` aborts. */
  onSet(listener: (sides: Readonly<Sides>) => void, signal: AbortSignal): void {
    this.#setHere.add(listener);
    signal.addEventListener("abort", () => this.#setHere.delete(listener));
  }

  listen(listener: () => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
