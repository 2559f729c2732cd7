/* What the kernel answers to a request of a task panel. */
import type { Requests } from "../shared/requests";
import type { BrowserMessage, KernelMessage, RowError } from "./messages";

/** How a request ended: done, with the row that it may have made, or with an error. */
export type Answer = { key: string | null; error: null } | { key: null; error: RowError };

export type PanelRequests = Requests<Extract<BrowserMessage, { request: string }>, Answer>;

/** Ends the request that a message answers, if it answers one. */
export function receiveAnswer(requests: PanelRequests, message: KernelMessage): void {
  if (message.kind === "rows") return;
  if (message.kind === "error")
    requests.answer(message.request, { key: null, error: message.error });
  else {
    const key = message.kind === "done" ? message.key : null;
    requests.answer(message.request, { key, error: null });
  }
}
