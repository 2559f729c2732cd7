/* The browser's copy of a mask, where the test sends the kernel's messages. */
import { type Change, MaskCopy } from "../../mask_painter/mask_copy";
import type { DecidedStep, KernelMessage } from "../../mask_painter/messages";
import type { Shape, Step } from "../../mask_painter/operations";
import { connect } from "../shared/fake_model";
import { PAINTING, PainterModel, packAll } from "./fake_kernel";

export const SIZE = 10;
export const INVERT: Step = { kind: "invert" };
export const UNDO: Step = { kind: "undo" };
/** The upper half of a picture. */
export const UPPER: Shape = { kind: "rectangle", x: 0, y: 0, width: 10, height: 5, mode: "add" };
/** The left half. */
export const LEFT: Shape = { ...UPPER, width: 5, height: 10 };

interface Snapshot {
  done?: Step[];
  undone?: Step[];
  sequence?: number;
  number?: number;
  base?: number[];
  copy_id?: string;
}

/** Makes a copy; returns it with functions that deliver the kernel's messages. */
export function open() {
  const fake = new PainterModel(SIZE, SIZE);
  const mask = new MaskCopy(fake.model, connect(fake));
  const changes: Change[] = [];
  mask.listen((change) => changes.push(change), new AbortController().signal);
  const snapshot = ({ done = [], undone = [], base = [], ...rest }: Snapshot = {}) => {
    const { wires, buffer } = packAll([...done, ...undone]);
    const message: KernelMessage = {
      kind: "snapshot",
      painting: PAINTING,
      copy_id: mask.id,
      sequence: done.length,
      number: 0,
      done: wires.slice(0, done.length),
      undone: wires.slice(done.length),
      ...rest,
    };
    mask.receive(message, [buffer, new DataView(Uint8Array.from(base).buffer)]);
  };
  /** Delivers steps that the kernel decided, up to a sequence number. */
  const decided = (sequence: number, ...steps: (Partial<DecidedStep> & { made?: Step })[]) => {
    const { wires, buffer } = packAll(steps.flatMap(({ made }) => (made ? [made] : [])));
    let at = 0;
    const decidedSteps = steps.map(({ copy_id = "b", number = 1, accepted = true, made }) => {
      const step = made ? (wires[at++] as DecidedStep["step"]) : null;
      return { copy_id, number, accepted, step };
    });
    mask.receive({ kind: "decided", painting: PAINTING, sequence, steps: decidedSteps }, [buffer]);
  };
  const mine = (number: number, accepted = true) => ({ copy_id: mask.id, number, accepted });
  return { fake, mask, changes, snapshot, decided, mine };
}
