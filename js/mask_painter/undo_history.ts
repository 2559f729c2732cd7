/* The operations of a mask, done and undone. A history is immutable: each step makes a new one. */
import type { Operation, Step } from "./operations";

export interface UndoHistory {
  readonly done: readonly Operation[];
  /** The operations that redo restores, the next one last. */
  readonly undone: readonly Operation[];
}

export const EMPTY_HISTORY: UndoHistory = { done: [], undone: [] };

/** The history after a step; undo and redo change nothing where there is nothing left. */
export function after(history: UndoHistory, step: Step): UndoHistory {
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
