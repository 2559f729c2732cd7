/* What a page has of a form besides its traits: pictures, errors, earlier prompts, uploads and submits.
   One for each model, shared by its views. */
import type { AnyModel } from "@anywidget/types";
import { Connection } from "../shared/connection";
import { newId } from "../shared/ids";
import type { PainterExports } from "../shared/painter_exports";
import { Requests } from "../shared/requests";
import type { Sides } from "../shared/side_numbers";
import { Draft, type FieldName } from "./draft";
import { FormCode } from "./form_code";
import type {
  AnswerMessage,
  AsCodeMessage,
  BrowserMessage,
  ChosenModel,
  CodeMessage,
  FieldError,
  FormPicture,
  KernelMessage,
  OpenedMessage,
  PaintedPicture,
  PaintMessage,
  PromptFormModel,
  SubmitMessage,
} from "./messages";
import { isSame, SentRequests, type SentSubmit } from "./sent_requests";
import { StripState } from "./strip_state";
import { GONE, type Place, Uploads } from "./uploads";
import { KEY_CUT } from "./words";

type Part =
  | "pictures"
  | "errors"
  | "earlier"
  | "uploads"
  | "submit"
  | "connection"
  | "painter"
  | "extend"
  | "key";

interface Pictures {
  images: FormPicture[];
  mask: FormPicture | null;
}

export class FormState {
  readonly model: AnyModel<PromptFormModel>;
  readonly connection: Connection;
  readonly draft: Draft;
  readonly uploads: Uploads;
  readonly code: FormCode;
  /** Whether the kernel has said what is no trait. */
  loaded = false;
  readonly strip: StripState;
  images: FormPicture[] = [];
  mask: FormPicture | null = null;
  /** The picture that the mask is painted on; it alone is sent. */
  painted: PaintedPicture | null = null;
  /** The model that was chosen for painting, in place of one that cannot. */
  chosen: ChosenModel | null = null;
  /** The key of the picture whose painter was asked for and is not here yet; empty while none is. */
  opening = "";
  /** Whether the painter was to be closed or discarded, and is still here. */
  closing = false;
  errors = new Map<string, string>();
  earlier: string[] = [];
  /** Whether a submit is pending. */
  submitting = false;
  /** Whether a reload would forget the pending submit: the browser keeps nothing for the page. */
  unkept = false;
  readonly #sent: SentRequests;
  readonly #hello = newId();
  /** Whether pictures were added, removed or moved while this page was here. */
  #picturesEdited = false;
  /** Whether a submit was pending when the connection ended. */
  unanswered = false;
  #asked = false;
  readonly #sequences = new Map<Part, number>();
  readonly #listeners = new Set<(part: Part) => void>();
  readonly #requests: Requests<SubmitMessage, AnswerMessage>;
  readonly #codes: Requests<AsCodeMessage, CodeMessage>;
  readonly #paints: Requests<PaintMessage, OpenedMessage>;
  #painter: PainterExports | null = null;

  constructor(model: AnyModel<PromptFormModel>, signal: AbortSignal) {
    this.model = model;
    this.connection = new Connection(model, signal);
    this.draft = new Draft(model, this.connection, signal);
    this.draft.keyCut = (name) => {
      this.errors = new Map(this.errors).set(name === "_extra_text" ? "extra" : name, KEY_CUT);
      this.#notify("key");
    };
    this.strip = new StripState(model, this.connection, signal);
    this.connection.listen(() => {
      this.unanswered = this.submitting && this.#asked;
      if (this.connection.ended) {
        this.uploads.end();
        this.closing = false;
        this.#notify("painter");
      }
      this.#notify("connection");
    });
    this.#requests = new Requests(this.connection);
    this.#codes = new Requests(this.connection);
    const { draft } = this;
    this.code = new FormCode(
      () => this.#codes.ask({ kind: "as_code", fields: draft.fields }),
      signal,
    );
    draft.listen(() => this.code.change(), signal);
    this.#paints = new Requests(this.connection);
    this.uploads = new Uploads(
      (message, data) => {
        if (!this.connection.send(message, [data])) throw new Error(GONE);
      },
      () => {
        this.#picturesEdited = true;
        this.#notify("uploads");
      },
    );
    this.#sent = new SentRequests(model.get("_form"), model.get("_notebook"), model.get("_host"));
    const receive = (message: KernelMessage) => this.receive(message);
    model.on("msg:custom", receive);
    const opened = () => {
      this.closing = false;
      if (model.get("painter") === null) this.#painter = null;
      this.#notify("painter");
    };
    model.on("change:painter", opened);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", receive);
      model.off("change:painter", opened);
    });
    this.send({ kind: "hello", request: this.#hello, unanswered: this.#sent.unanswered });
  }

  send(message: BrowserMessage): void {
    if (["address", "remove", "move", "close_painter", "discard"].includes(message.kind))
      this.#picturesEdited = true;
    this.connection.send(message);
  }

  /** Asks for the painter on a picture; resolves with why it is not open, and with an empty text if it
      is, or if the kernel is gone, which is said elsewhere. */
  async paint(key: string): Promise<string> {
    if (this.opening !== "" || this.connection.ended) return "";
    this.opening = key;
    this.#picturesEdited = true;
    this.#notify("painter");
    const answer = await this.#paints.ask({ kind: "paint", key });
    this.opening = "";
    this.#notify("painter");
    return answer?.error ?? "";
  }

  /** Closes the painter, or throws away what is painted in it. */
  endPainting(kind: "close_painter" | "discard"): void {
    if (this.closing || this.connection.ended) return;
    this.closing = true;
    this.send({ kind, painting: this.#painting });
    this.#notify("painter");
  }

  /** Takes in that a view shows the painter: what is done in it belongs to this form, until `signal`
      aborts. */
  follow(painter: PainterExports, signal: AbortSignal): void {
    this.#painter = painter;
    painter.onStep(() => {
      this.#picturesEdited = true;
    }, signal);
    // at once, and not by way of the kernel: what is sent next is sent with it
    painter.onSides((sides) => this.draft.setSides(sides), signal);
  }

  /** Extends the picture, in the fields and in the painter. */
  setSides(sides: Readonly<Sides>): void {
    this.draft.setSides(sides);
    this.#painter?.setSides(sides);
  }

  /** The submits of earlier pages and forms of which it is not known whether the kernel got them, and
      the one that it got, while the form is as it was sent. */
  get sent(): SentSubmit[] {
    return this.#sent.shown.filter((one) => !one.answered || this.isAsSent(one));
  }

  /** Whether a submit of the form, as it is now, would be this one once more. */
  isAsSent(sent: SentSubmit): boolean {
    return !this.#picturesEdited && isSame(sent.fields, this.draft.fields);
  }

  /** Puts what was sent back into the fields. */
  putBack({ fields }: SentSubmit): void {
    for (const { field, value } of fields) this.draft.set(field as FieldName, value);
  }

  /** Forgets a submit that was not answered. */
  forgetSent(sent: SentSubmit): void {
    this.#sent.forget(sent.request);
    this.#notify("submit");
  }

  /** Calls `listener` with the part that changed, until `signal` aborts. */
  listen(listener: (part: Part) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** Submits the form once its uploads have ended, and what else the kernel is changing in it was changed:
      what is sent is what is shown then. Resolves with the kernel's answer, or with null if a
      submit is pending already or the kernel is gone. */
  async submit(secret: string): Promise<AnswerMessage | null> {
    // a second submit would pay twice
    if (this.submitting || this.connection.ended) return null;
    this.submitting = true;
    this.#notify("submit");
    try {
      await this.#settled();
      this.draft.flush();
      const fields = this.draft.fields;
      const request = this.#picturesEdited ? newId() : this.#sent.idFor(fields);
      // before it is sent: the page may be closed at any moment
      this.unkept = !this.#sent.keep(request, fields);
      this.#notify("submit");
      const sequence = Math.max(0, ...this.#sequences.values());
      const painting = this.#painting;
      const submit: Omit<SubmitMessage, "request"> = {
        kind: "submit",
        sequence,
        fields,
        secret,
        painting,
      };
      const asked = this.#requests.ask(submit, request);
      this.#asked = !this.connection.ended;
      if (!this.#asked) this.#sent.unsend(request);
      this.#addEarlier(this.model.get("prompt"));
      const answer = await asked;
      // without an answer it is kept: the form of the next kernel has it
      if (answer !== null) this.#sent.end(request);
      return answer;
    } finally {
      this.submitting = this.#asked = false;
      this.#notify("submit");
    }
  }

  addAddress(place: Place, url: string): void {
    this.send({ kind: "address", request: newId(), place, url });
  }

  receive(message: KernelMessage): void {
    if (this.strip.receive(message)) return;
    if (message.kind === "received") {
      this.uploads.receive(message);
      return;
    }
    if (message.kind === "code") {
      this.#codes.answer(message.request, message);
      return;
    }
    if (message.kind === "opened") {
      this.#paints.answer(message.request, message);
      return;
    }
    if (message.kind === "show_extend") {
      this.#notify("extend");
      return;
    }
    const { sequence } = message;
    if (message.kind === "form" || message.kind === "pictures") {
      if (this.#isNews("pictures", sequence)) {
        // by a gallery, a strip or code: a submit of the same fields is another one then
        if (this.loaded && !isSamePictures(this, message)) this.#picturesEdited = true;
        this.images = message.images;
        this.mask = message.mask;
        this.painted = message.painted ?? null;
        this.chosen = message.chosen ?? null;
        this.closing = false;
        this.loaded = true;
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
    // another page of the form gets an answer of its own
    if (message.kind === "form" && message.request === this.#hello) {
      this.#sent.adopt(message.lost);
      this.#notify("submit");
    }
    if (message.kind === "answer") {
      this.#sent.answer(message.request, message.taken);
      this.#requests.answer(message.request, message);
      this.#notify("submit");
    }
  }

  /** The id of what this page shows as painted: that of the painter, which goes on to another painting
      before the kernel has told of the pictures. */
  get #painting(): string {
    return this.#painter?.painting() ?? this.painted?.painting ?? "";
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

  #settled(): Promise<void> {
    return new Promise((resolve) => {
      const ending = new AbortController();
      const check = () => {
        const waits = this.uploads.all.length > 0 || this.strip.changing;
        if (waits && !this.connection.ended) return;
        ending.abort();
        resolve();
      };
      this.listen(check, ending.signal);
      this.strip.listen(check, ending.signal);
      check();
    });
  }

  #isNews(part: Part, sequence: number): boolean {
    if (sequence < (this.#sequences.get(part) ?? 0)) return false;
    this.#sequences.set(part, sequence);
    return true;
  }

  #notify(part: Part): void {
    if (part === "pictures" || part === "errors") this.code.change();
    for (const listener of [...this.#listeners]) listener(part);
  }
}

/** Whether two lists of a form's pictures are of the same ones, in the same order. */
function isSamePictures(one: Pictures, other: Pictures): boolean {
  const keys = ({ images, mask }: Pictures) => [images.map(({ key }) => key), mask?.key ?? ""];
  return JSON.stringify(keys(one)) === JSON.stringify(keys(other));
}
