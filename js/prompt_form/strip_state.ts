/* What a page has of the pictures that a form made: the strip, settings that come back, and presets. One
   for each model, shared by its views. */
import type { Connection } from "../shared/connection";
import { type Action, PictureActions } from "../shared/picture_actions";
import { PictureCopies } from "../shared/picture_copies";
import type {
  AwaitedMessage,
  ChooseMessage,
  CloseCompareMessage,
  FormResult,
  GalleryMessage,
  OfferMessage,
  PresetMessage,
  PresetsMessage,
  RecallMessage,
  ResultsMessage,
  UndoMessage,
} from "./messages";

type StripPart = "results" | "awaited" | "recall" | "presets" | "changing";

/** Actions with a picture that change the form. */
const IN_FORM = new Set<Action>(["reference", "paint", "extend"]);

const NO_RECALL: RecallMessage = {
  kind: "recall",
  state: "",
  name: "",
  changes: [],
  fields: [],
  lost: [],
};

const NOTHING_AWAITED: AwaitedMessage = { kind: "awaited", request: "", state: "", reason: "" };

export class StripState {
  readonly actions: PictureActions;
  readonly copies: PictureCopies;
  readonly connection: Connection;
  pictures: FormResult[] = [];
  total = 0;
  /** How what was sent last stands. */
  awaited: AwaitedMessage = NOTHING_AWAITED;
  recall: RecallMessage = NO_RECALL;
  presets: string[] = [];
  presetError = "";
  readonly #listeners = new Set<(part: StripPart) => void>();
  /** What was asked for that changes the form, and what its answer is: `pictures` of an action. */
  #asked: ("recall" | "presets" | "pictures")[] = [];

  /** `signal` is that of the model's `initialize`. */
  constructor(model: unknown, connection: Connection, signal: AbortSignal) {
    this.connection = connection;
    this.actions = new PictureActions(connection, (action, answer) => {
      if (!IN_FORM.has(action)) return;
      this.#expect("pictures");
      void answer.then(() => this.#answered("pictures"));
    });
    this.copies = new PictureCopies(model, connection, signal);
  }

  /** Whether the form is being changed by the kernel: what it shows is not yet what it will be. */
  get changing(): boolean {
    return this.#asked.length > 0 && !this.connection.ended;
  }

  /** Takes a message of the kernel; returns whether it was one of these. */
  receive(message: { kind: string }): boolean {
    if (this.actions.receive(message)) return true;
    if (message.kind === "results") {
      const results = message as ResultsMessage;
      this.pictures = results.pictures;
      this.total = results.total;
      this.#notify("results");
    } else if (message.kind === "awaited") {
      this.awaited = message as AwaitedMessage;
      this.#notify("awaited");
    } else if (message.kind === "recall") {
      this.recall = message as RecallMessage;
      this.#notify("recall");
      this.#answered("recall");
    } else if (message.kind === "presets") {
      const presets = message as PresetsMessage;
      this.presets = presets.names;
      this.presetError = presets.error;
      this.#notify("presets");
      this.#answered("presets");
    } else return message.kind === "copy";
    return true;
  }

  /** Asks what would change if the settings of a picture of ours came back. */
  offer(sha256: string): void {
    this.#send({ kind: "offer", sha256 });
  }

  /** Brings fields back of what is offered; null takes the offer away. */
  choose(fields: string[] | null): void {
    if (fields !== null) this.#expect("recall");
    this.#send({ kind: "choose", fields });
  }

  /** Puts back what came back last, or lets go of the way back. */
  undo(forget = false): void {
    if (!forget) this.#expect("recall");
    this.#send({ kind: "undo", forget });
  }

  preset(action: PresetMessage["action"], name: string): void {
    if (action === "apply") this.#expect("presets");
    this.#send({ kind: "preset", action, name });
  }

  /** Calls `listener` with the part that changed, until `signal` aborts. */
  listen(listener: (part: StripPart) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  /** Opens the gallery in the form, or closes it. */
  gallery(opened: boolean): void {
    this.#send({ kind: "gallery", opened });
  }

  /** Closes the comparison that is open in the form. */
  closeCompare(): void {
    this.#send({ kind: "close_compare" });
  }

  #send(
    message:
      | OfferMessage
      | ChooseMessage
      | UndoMessage
      | PresetMessage
      | GalleryMessage
      | CloseCompareMessage,
  ): void {
    this.connection.send(message);
  }

  #expect(answer: "recall" | "presets" | "pictures"): void {
    this.#asked.push(answer);
    this.#notify("changing");
  }

  #answered(answer: "recall" | "presets" | "pictures"): void {
    const at = this.#asked.indexOf(answer);
    if (at < 0) return;
    this.#asked.splice(at, 1);
    this.#notify("changing");
  }

  #notify(part: StripPart): void {
    for (const listener of [...this.#listeners]) listener(part);
  }
}
