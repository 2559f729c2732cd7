/* What a page has of a form besides its traits: pictures, errors, earlier prompts, uploads and the
   pending submit. One for each model, shared by its views. */
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
  /** Whether a submit is pending. */
  submitting = false;
  readonly #sequences = new Map<Part, number>();
  readonly #listeners = new Set<(part: Part) => void>();
  readonly #requests: Requests<SubmitMessage, AnswerMessage>;

  constructor(model: AnyModel<PromptFormModel>, signal: AbortSignal) {
    this.model = model;
    this.draft = new Draft(model, signal);
    this.#requests = new Requests((submit) => model.send(submit));
    this.uploads = new Uploads(
      (message, data) => model.send(message, undefined, [data]),
      () => this.#notify("uploads"),
    );
    const receive = (message: KernelMessage) => this.receive(message);
    model.on("msg:custom", receive);
    signal.addEventListener("abort", () => model.off("msg:custom", receive));
    this.send({ kind: "hello", request: newId() });
  }

  send(message: BrowserMessage): void {
    this.model.send(message);
  }

  /** Calls `listener` with the part that changed, until `signal` aborts. */
  listen(listener: (part: Part) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** Submits the form once its uploads have ended; resolves with the kernel's answer, or with null if a
      submit is pending already. */
  async submit(secret: string): Promise<AnswerMessage | null> {
    // a second submit would pay twice
    if (this.submitting) return null;
    this.submitting = true;
    this.#notify("submit");
    try {
      await this.#uploadsEnded();
      this.draft.flush();
      const fields = this.draft.fields;
      const answer = this.#requests.ask({ kind: "submit", fields, secret });
      this.#addEarlier(this.model.get("prompt"));
      return await answer;
    } finally {
      this.submitting = false;
      this.#notify("submit");
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
        this.#notify("pictures");
      }
    }
    if (message.kind === "form" || message.kind === "errors" || message.kind === "answer") {
      if (this.#isNews("errors", sequence)) this.#setErrors(message.errors);
    }
    if (message.kind === "form" || message.kind === "earlier") {
      if (this.#isNews("earlier", sequence)) {
        this.earlier = message.earlier;
        this.#notify("earlier");
      }
    }
    if (message.kind === "answer") this.#requests.answer(message.request, message);
  }

  /** Adds the prompt that was just sent: the kernel sends the list too, but later. */
  #addEarlier(prompt: string): void {
    if (!prompt) return;
    this.earlier = [prompt, ...this.earlier.filter((one) => one !== prompt)];
    this.#notify("earlier");
  }

  #setErrors(errors: FieldError[]): void {
    this.errors = new Map(errors.map(({ field, message }) => [field, message]));
    this.#notify("errors");
  }

  #uploadsEnded(): Promise<void> {
    return new Promise((resolve) => {
      const ending = new AbortController();
      const check = () => {
        if (this.uploads.all.length > 0) return;
        ending.abort();
        resolve();
      };
      this.listen(check, ending.signal);
      check();
    });
  }

  #isNews(part: Part, sequence: number): boolean {
    if (sequence < (this.#sequences.get(part) ?? 0)) return false;
    this.#sequences.set(part, sequence);
    return true;
  }

  #notify(part: Part): void {
    for (const listener of [...this.#listeners]) listener(part);
  }
}
