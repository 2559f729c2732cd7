/* What one page knows of a form beyond its traits: pictures, errors, earlier prompts, and the submit
   that waits for its answer. One for each model, shared by its views. */
import type { AnyModel } from "@anywidget/types";
import { newId } from "../shared/ids";
import { Requests } from "../shared/requests";
import { Draft } from "./draft";
import type {
  AnswerMessage,
  BrowserMessage,
  FieldError,
  FormPicture,
  KernelMessage,
  PromptFormModel,
  SubmitMessage,
} from "./messages";
import { type Place, Uploads } from "./uploads";

type Part = "pictures" | "errors" | "earlier" | "uploads" | "submit";

export class FormState {
  readonly model: AnyModel<PromptFormModel>;
  readonly draft: Draft;
  readonly uploads: Uploads;
  images: FormPicture[] = [];
  mask: FormPicture | null = null;
  errors = new Map<string, string>();
  earlier: string[] = [];
  /** Whether a submit waits for the kernel. */
  waiting = false;
  readonly #heard = new Map<Part, number>();
  readonly #listeners = new Set<(part: Part) => void>();
  readonly #submits: Requests<SubmitMessage, AnswerMessage>;

  constructor(model: AnyModel<PromptFormModel>, signal: AbortSignal) {
    this.model = model;
    this.draft = new Draft(model, signal);
    this.#submits = new Requests((submit) => model.send(submit));
    this.uploads = new Uploads(
      (message, data) => model.send(message, undefined, [data]),
      () => this.#tell("uploads"),
    );
    const receive = (message: KernelMessage) => this.receive(message);
    model.on("msg:custom", receive);
    signal.addEventListener("abort", () => model.off("msg:custom", receive));
    this.send({ kind: "hello", request: newId() });
  }

  send(message: BrowserMessage): void {
    this.model.send(message);
  }

  /** Calls `listener` with what changed, until `signal` ends. */
  listen(listener: (part: Part) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** Sends what the form holds, once its files have arrived; resolves with the kernel's answer. */
  async submit(secret: string): Promise<AnswerMessage | null> {
    // a second press would pay twice
    if (this.waiting) return null;
    this.waiting = true;
    this.#tell("submit");
    try {
      await this.#arrived();
      this.draft.handOver();
      const fields = this.draft.fields;
      const answer = this.#submits.ask({ kind: "submit", fields, secret });
      this.#offer(this.model.get("prompt"));
      return await answer;
    } finally {
      this.waiting = false;
      this.#tell("submit");
    }
  }

  addAddress(place: Place, url: string): void {
    this.send({ kind: "address", request: newId(), place, url });
  }

  receive(message: KernelMessage): void {
    if (message.kind === "received") {
      this.uploads.receive(message);
      return;
    }
    const { sequence } = message;
    if (message.kind === "form" || message.kind === "pictures") {
      if (this.#isNews("pictures", sequence)) {
        this.images = message.images;
        this.mask = message.mask;
        this.#tell("pictures");
      }
    }
    if (message.kind === "form" || message.kind === "errors" || message.kind === "answer") {
      if (this.#isNews("errors", sequence)) this.#hold(message.errors);
    }
    if (message.kind === "form" || message.kind === "earlier") {
      if (this.#isNews("earlier", sequence)) {
        this.earlier = message.earlier;
        this.#tell("earlier");
      }
    }
    if (message.kind === "answer") this.#submits.answer(message.request, message);
  }

  /** Offers a prompt at once that was sent just now: the kernel says so too, but later. */
  #offer(prompt: string): void {
    if (!prompt) return;
    this.earlier = [prompt, ...this.earlier.filter((one) => one !== prompt)];
    this.#tell("earlier");
  }

  #hold(errors: FieldError[]): void {
    this.errors = new Map(errors.map(({ field, message }) => [field, message]));
    this.#tell("errors");
  }

  #arrived(): Promise<void> {
    return new Promise((resolve) => {
      const ending = new AbortController();
      const look = () => {
        if (this.uploads.all.length > 0) return;
        ending.abort();
        resolve();
      };
      this.listen(look, ending.signal);
      look();
    });
  }

  #isNews(part: Part, sequence: number): boolean {
    if (sequence < (this.#heard.get(part) ?? 0)) return false;
    this.#heard.set(part, sequence);
    return true;
  }

  #tell(part: Part): void {
    for (const listener of [...this.#listeners]) listener(part);
  }
}
