/* What the browser asks of the kernel, and the answers: each request has an id, which its answer
   repeats. One for each model, shared by its views. */
import type { Connection } from "./connection";
import { newId } from "./ids";

/** A request before it has its id. */
type Unsent<Request> = Request extends { request: string } ? Omit<Request, "request"> : never;

export class Requests<Request extends { request: string }, Answer> {
  readonly #connection: Connection;
  readonly #pending = new Map<string, (answer: Answer | null) => void>();

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.listen(() => {
      if (!connection.ended) return;
      for (const resolve of this.#pending.values()) resolve(null);
      this.#pending.clear();
    });
  }

  /** Sends a request; resolves with the kernel's answer, however late that is, and with null once none
      can come any more. A request that was sent before and never answered is given its id: the kernel
      does nothing twice under one id. */
  ask(message: Unsent<Request>, request = newId()): Promise<Answer | null> {
    if (!this.#connection.send({ ...message, request })) return Promise.resolve(null);
    return new Promise((resolve) => this.#pending.set(request, resolve));
  }

  /** Takes the answer to the request of this id; one that was not sent here is passed over. */
  answer(request: string, answer: Answer): void {
    this.#pending.get(request)?.(answer);
    this.#pending.delete(request);
  }
}
