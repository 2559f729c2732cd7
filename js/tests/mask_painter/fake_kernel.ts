/* The kernel's side of a mask painter's protocol: one order for the steps of all copies, each applied
   once. A test decides when a message arrives, or that it is lost. */

import type {
  BrowserMessage,
  DecidedStep,
  GroundSides,
  KernelMessage,
  MaskPainterModel,
} from "../../mask_painter/messages";
import { type Operation, pack, type Step, Unpacker } from "../../mask_painter/operations";
import { after, EMPTY_HISTORY, type UndoHistory } from "../../mask_painter/undo_history";
import { FakeModel } from "../shared/fake_model";

/** The id of the painting that a model shows first. */
export const PAINTING = "p";

export interface Sent<T> {
  message: T;
  buffers: DataView[];
}

/** A painter's model that records the messages of a copy and their buffers. */
export class PainterModel extends FakeModel<MaskPainterModel & Record<string, unknown>> {
  readonly outbox: Sent<BrowserMessage>[] = [];

  constructor(width: number, height: number) {
    super({
      language: "en",
      tool: "brush",
      radius: 5,
      mode: "add",
      color: "#e0218a",
      opacity: 0.5,
      _shown: { painting: PAINTING, width, height, alt: "" },
      _canvas: "",
      _picture: new DataView(new ArrayBuffer(1)),
      _offer: false,
      _sides: decidedSides({ left: 0, top: 0, right: 0, bottom: 0 }),
    } as unknown as MaskPainterModel & Record<string, unknown>);
  }

  override send(content: unknown, _?: unknown, buffers: ArrayBuffer[] = []): void {
    super.send(content);
    const views = buffers.map((buffer) => new DataView(buffer));
    this.outbox.push({ message: content as BrowserMessage, buffers: views });
  }

  /** The messages of one kind that the copy has sent. */
  of<K extends BrowserMessage["kind"]>(kind: K): Extract<BrowserMessage, { kind: K }>[] {
    const all = this.outbox.map(({ message }) => message);
    return all.filter((one) => one.kind === kind) as Extract<BrowserMessage, { kind: K }>[];
  }
}

/** The value of the trait that says how far a picture is to grow. */
export function decidedSides(sides: GroundSides, number = 0, copy_id = "", painting = PAINTING) {
  return { painting, copy_id, number, sides };
}

/** Steps packed for a message, and the one buffer with their points. */
export function packAll(steps: readonly Step[]) {
  const packed = steps.map(pack);
  const numbers = Float32Array.from(packed.flatMap(({ points }) => [...points]));
  return { wires: packed.map(({ wire }) => wire), buffer: new DataView(numbers.buffer) };
}

export class FakeKernel {
  history: UndoHistory = EMPTY_HISTORY;
  sequence = 0;
  readonly base: Uint8Array;
  readonly #numbers = new Map<string, number>();
  #news: (DecidedStep & { made: Step })[] = [];

  constructor(base = new Uint8Array()) {
    this.base = base;
  }

  /** Applies a step that Python made. */
  add(step: Step): void {
    this.#apply("", 0, step);
  }

  /** Receives a copy's message; returns the answers. */
  receive({ message, buffers }: Sent<BrowserMessage>): Sent<KernelMessage>[] {
    if (message.kind === "hello") return [this.#snapshot(message.copy_id)];
    if (message.kind !== "step") return [];
    const { painting, copy_id, number } = message;
    const expected = (this.#numbers.get(copy_id) ?? 0) + 1;
    if (number > expected) {
      return [{ message: { kind: "resend", painting, copy_id, number: expected }, buffers: [] }];
    }
    if (number === expected) {
      this.#numbers.set(copy_id, number);
      this.#apply(copy_id, number, new Unpacker(buffers[0]).step(message.step));
    }
    return [];
  }

  /** The message with all steps since the last call; null if there were none. */
  news(): Sent<KernelMessage> | null {
    if (this.#news.length === 0) return null;
    const { wires, buffer } = packAll(this.#news.map(({ made }) => made));
    const steps = this.#news.map(({ copy_id, number, accepted }, at) => {
      return { copy_id, number, accepted, step: wires[at] as DecidedStep["step"] };
    });
    this.#news = [];
    const { sequence } = this;
    return {
      message: { kind: "decided", painting: PAINTING, sequence, steps },
      buffers: [buffer],
    };
  }

  #apply(copy_id: string, number: number, made: Step): void {
    this.history = after(this.history, made);
    this.sequence++;
    this.#news.push({ copy_id, number, accepted: true, step: null, made });
  }

  #snapshot(copy_id: string): Sent<KernelMessage> {
    const { done, undone } = this.history;
    const { wires, buffer } = packAll([...done, ...undone]);
    const message: KernelMessage = {
      kind: "snapshot",
      painting: PAINTING,
      copy_id,
      sequence: this.sequence,
      number: this.#numbers.get(copy_id) ?? 0,
      done: wires.slice(0, done.length),
      undone: wires.slice(done.length),
    };
    return { message, buffers: [buffer, new DataView(this.base.slice().buffer)] };
  }
}

/** The kinds of operations. */
export function kinds(operations: readonly Operation[]): string[] {
  return operations.map(({ kind }) => kind);
}
