/* What was done and undone: one moment in the making of a mask; every step leads to another one. */
import type { Operation, Step } from "./operations";

export interface History {
  readonly done: readonly Operation[];
  /** What redo brings back, the next one last. */
  readonly undone: readonly Operation[];
}

export const NOTHING: History = { done: [], undone: [] };

/** The moment after a step; undo and redo with nothing left change nothing. */
export function after(history: History, step: Step): History {
  const { done, undone } = history;
  if (step.kind === "undo") {
    const last = done.at(-1);
    return last ? { done: done.slice(0, -1), undone: [...undone, last] } : history;
  }
  if (step.kind === "redo") {
    const next = undone.at(-1);
    return next ? { done: [...done, next], undone: undone.slice(0, -1) } : history;
  }
  return { done: [...done, step], undone: [] };
}
