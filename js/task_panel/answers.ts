/* What the kernel answers to a request of a task panel. */
import type { Requests } from "../shared/requests";
import type { BrowserMessage, KernelMessage, RowError } from "./messages";
import { Found } from "./rows";

/** How a request ended: with an error, or done. */
export interface Answer {
  error: RowError | null;
  /** The row that it may have made. */
  key: string | null;
  /** How many rows it brought. */
  rows: number;
  /** What a search found. */
  found: Found | null;
}

/** The answer to a request that can get none any more: the panel says why. */
export const UNANSWERED: Answer = { error: null, key: null, rows: 0, found: null };

export type PanelRequests = Requests<Extract<BrowserMessage, { request: string }>, Answer>;

/** Ends the request that a message answers, if it answers one. */
export function receiveAnswer(requests: PanelRequests, message: KernelMessage): void {
  if (message.kind === "rows") return;
  requests.answer(message.request, {
    error: message.kind === "error" ? message.error : null,
    key: message.kind === "done" ? message.key : null,
    rows: message.kind === "snapshot" ? message.rows.length : 0,
    found: message.kind === "found" ? new Found(message) : null,
  });
}
