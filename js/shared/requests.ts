/* What the browser asks of the kernel, and the answers: each request has an id, which its answer
   repeats. One for each model, shared by its views. */
import { newId } from "./ids";

/** A request before it has its id. */
type Unsent<Request> = Request extends { request: string } ? Omit<Request, "request"> : never;

export class Requests<Request extends { request: string }, Answer> {
  readonly #send: (request: Request) => void;
  readonly #pending = new Map<string, (answer: Answer) => void>();

  constructor(send: (request: Request) => void) {
    this.#send = send;
  }

  /** Sends a request; resolves with the kernel's answer, however late that is. */
  ask(message: Unsent<Request>): Promise<Answer> {
    const request = newId();
    this.#send({ ...message, request } as unknown as Request);
    return new Promise((resolve) => this.#pending.set(request, resolve));
  }

  /** Takes the answer to the request of this id; one that was not sent here is passed over. */
  answer(request: string, answer: Answer): void {
    this.#pending.get(request)?.(answer);
    this.#pending.delete(request);
  }
}
