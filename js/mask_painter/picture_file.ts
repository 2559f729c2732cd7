/* The file of the picture of a painting. It is in the model's state; where the saved notebook is to keep none
   of it, the kernel is asked for it, once a page. */
import type { AnyModel } from "@anywidget/types";
import type { Connection } from "../shared/connection";
import type { MaskPainterModel, PictureMessage } from "./messages";

/** What a copy of a mask is known by. */
interface Copy {
  id: string;
  painting: string;
}

export class PictureFile {
  readonly #model: AnyModel<MaskPainterModel>;
  readonly #connection: Connection;
  readonly #copy: Copy;
  #asked: Promise<Blob> | null = null;
  /** Whether a view has had the file: it goes on showing the picture. */
  #given = false;
  #arrive: ((file: Blob) => void) | null = null;

  /** `copy` is this page's copy of the mask. */
  constructor(
    model: AnyModel<MaskPainterModel>,
    connection: Connection,
    copy: Copy,
    signal: AbortSignal,
  ) {
    this.#model = model;
    this.#connection = connection;
    this.#copy = copy;
    // what was asked of a server that the page had lost may never have come there
    connection.listen(() => {
      if (connection.state === "live") this.#ask();
    }, signal);
  }

  /** Whether the picture is still to come from the kernel. */
  get awaited(): boolean {
    return this.#arrive !== null || (!this.#given && this.#kept.size === 0);
  }

  /** The file, once it is here. */
  get(): Promise<Blob> {
    if (this.#asked !== null) return this.#asked;
    const file = this.#kept;
    if (file.size > 0) {
      this.#given = true;
      return Promise.resolve(file);
    }
    this.#asked = new Promise((resolve) => {
      this.#arrive = resolve;
    });
    this.#ask();
    return this.#asked;
  }

  receive({ copy_id }: PictureMessage, buffers: readonly DataView[]): void {
    if (copy_id !== this.#copy.id || this.#arrive === null) return;
    const arrive = this.#arrive;
    this.#arrive = null;
    this.#given = true;
    arrive(new Blob(buffers.slice(0, 1) as DataView<ArrayBuffer>[]));
  }

  /** What the model's state has; empty where it has none. */
  get #kept(): Blob {
    return new Blob([this.#model.get("_picture") as DataView<ArrayBuffer>]);
  }

  #ask(): void {
    const { painting, id: copy_id } = this.#copy;
    if (this.#arrive !== null) this.#connection.send({ kind: "picture", painting, copy_id });
  }
}
