/* A page's mask document, where the test sends the kernel's messages. */
import { type Change, MaskDocument } from "../../mask_painter/document";
import type { AppliedStep, KernelMessage } from "../../mask_painter/messages";
import type { Shape, Step } from "../../mask_painter/operations";
import { PainterModel, packAll } from "./fake_kernel";

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
  page?: string;
}

/** Opens a page; returns it with functions that deliver the kernel's messages. */
export function open() {
  const fake = new PainterModel(SIZE, SIZE);
  const mask = new MaskDocument(fake.model);
  const changes: Change[] = [];
  mask.listen((change) => changes.push(change), new AbortController().signal);
  const snapshot = ({ done = [], undone = [], base = [], ...rest }: Snapshot = {}) => {
    const { wires, buffer } = packAll([...done, ...undone]);
    const message: KernelMessage = {
      kind: "snapshot",
      page: mask.page,
      sequence: done.length,
      number: 0,
      done: wires.slice(0, done.length),
      undone: wires.slice(done.length),
      ...rest,
    };
    mask.receive(message, [buffer, new DataView(Uint8Array.from(base).buffer)]);
  };
  /** Delivers steps that the kernel applied, up to a sequence number. */
  const applied = (sequence: number, ...steps: (Partial<AppliedStep> & { made?: Step })[]) => {
    const { wires, buffer } = packAll(steps.flatMap(({ made }) => (made ? [made] : [])));
    let at = 0;
    const appliedSteps = steps.map(({ page = "b", number = 1, taken = true, made }) => {
      const step = made ? (wires[at++] as AppliedStep["step"]) : null;
      return { page, number, taken, step };
    });
    mask.receive({ kind: "applied", sequence, steps: appliedSteps }, [buffer]);
  };
  const mine = (number: number, taken = true) => ({ page: mask.page, number, taken });
  return { fake, mask, changes, snapshot, applied, mine };
}
