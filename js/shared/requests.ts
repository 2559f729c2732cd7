/* What the browser asks of the kernel, and the answers: each request has an id, and whoever asked
   hears how it ended. One for each model, shared by its views. */
import type { AnyModel } from "@anywidget/types";
import type {
  BrowserMessage,
  KernelMessage,
  RowError,
  TaskPanelModel,
} from "../task_panel/messages";

/** How a request ended: with a row that it made or not, or with words. */
export type Answer = { key: string | null; error: null } | { key: null; error: RowError };

type Unsent = BrowserMessage extends infer M
  ? M extends { request: string }
    ? Omit<M, "request">
    : never
  : never;

/** A name that no other has; crypto.randomUUID is missing on plain http, where hubs run. */
export function newId(): string {
  return Math.random().toString(36).slice(2);
}

export class Calls {
  readonly #model: AnyModel<TaskPanelModel>;
  readonly #waiting = new Map<string, (answer: Answer) => void>();

  constructor(model: AnyModel<TaskPanelModel>) {
    this.#model = model;
  }

  /** Sends a request; the promise is kept when the kernel answers, however late that is. */
  ask(message: Unsent): Promise<Answer> {
    const request = newId();
    this.send({ ...message, request } as BrowserMessage);
    return new Promise((resolve) => this.#waiting.set(request, resolve));
  }

  /** Sends what has no answer. */
  send(message: BrowserMessage): void {
    this.#model.send(message);
  }

  receive(message: KernelMessage): void {
    if (message.kind === "rows") return;
    const resolve = this.#waiting.get(message.request);
    this.#waiting.delete(message.request);
    if (message.kind === "error") resolve?.({ key: null, error: message.error });
    else resolve?.({ key: message.kind === "done" ? message.key : null, error: null });
  }
}
