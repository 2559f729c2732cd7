/* Copies of pictures, asked of the kernel when they come into view. One for each model, shared by its
   views; what has arrived is kept for all widgets of the page. `lumen_widgets/widgets/picture_copies.py`
   is the other side of it. */
import type { Connection } from "./connection";

export type CopyName = "tile" | "display" | "original";

/** A copy that a view wants. */
export interface WantedCopy {
  sha256: string;
  copy: CopyName;
}

/** Browser → kernel: all the copies that a view wants now, the most urgent first. */
export interface WantsMessage {
  kind: "wants";
  view: string;
  copies: WantedCopy[];
}

/** Kernel → browser: a copy, whose bytes are the message's one buffer, or why there is none. */
export interface CopyMessage {
  kind: "copy";
  sha256: string;
  copy: CopyName;
  media_type: string;
  error: string;
}

/** What is needed of an anywidget model. */
interface Receiver {
  on(event: string, listener: (content: unknown, buffers: DataView[]) => void): void;
  off(event: string, listener: (content: unknown, buffers: DataView[]) => void): void;
}

interface KeptCopy {
  url: string;
  bytes: number;
}

/** What a page keeps of pictures, whichever of our widgets asked for them: least recently used first. */
interface PageCopies {
  kept: Map<string, KeptCopy>;
  /** By view, the copies that it wants: they stay. */
  wanted: Map<string, ReadonlySet<string>>;
  listeners: Set<(name: string) => void>;
}

/** Bytes that a page keeps beside what its views want: some twenty originals, or all tiles. */
export const MOST_BYTES = 96 * 1024 * 1024;

/** Pixels of the longer side of a display copy: beyond, the file itself is wanted. */
export const DISPLAY_SIDE = 1024;

/** Each widget's bundle is a module of its own: they meet here. */
const PAGE = Symbol.for("lumen_widgets.picture_copies.1");

function pageCopies(): PageCopies {
  const page = globalThis as { [PAGE]?: PageCopies };
  page[PAGE] ??= { kept: new Map(), wanted: new Map(), listeners: new Set() };
  return page[PAGE];
}

const nameOf = ({ sha256, copy }: WantedCopy): string => `${sha256}/${copy}`;

export class PictureCopies {
  readonly #connection: Connection;
  readonly #page = pageCopies();
  /** By view, all that it wants. */
  readonly #wants = new Map<string, readonly WantedCopy[]>();
  /** Why there is no such copy. */
  readonly #errors = new Map<string, string>();
  readonly #listeners = new Set<() => void>();

  /** `signal` is that of the model's `initialize`, which aborts once the widget is closed. */
  constructor(model: unknown, connection: Connection, signal: AbortSignal) {
    this.#connection = connection;
    const receiver = model as Receiver;
    const receive = (content: unknown, buffers: DataView[]) => this.#receive(content, buffers);
    receiver.on("msg:custom", receive);
    const arrived = (name: string) => {
      for (const wants of this.#wants.values()) {
        if (wants.some((one) => nameOf(one) === name)) return this.#notify();
      }
    };
    this.#page.listeners.add(arrived);
    signal.addEventListener("abort", () => {
      receiver.off("msg:custom", receive);
      this.#page.listeners.delete(arrived);
      for (const view of this.#wants.keys()) this.#page.wanted.delete(view);
      this.#wants.clear();
    });
    let lost = false;
    connection.listen(() => {
      // what was asked for while the page was offline did not arrive
      if (lost && connection.state === "live")
        for (const view of this.#wants.keys()) this.#ask(view);
      lost = connection.state !== "live";
      this.#notify();
    }, signal);
  }

  /** Says all that a view wants now, the most urgent first; what it wanted before and is not here yet is
      given up. `view` is an id of its own. */
  want(view: string, wants: readonly WantedCopy[]): void {
    const before = this.#wants.get(view) ?? [];
    const names = wants.map(nameOf);
    if (before.length === names.length && before.every((one, n) => nameOf(one) === names[n]))
      return;
    const waited = before.some((one) => this.#isMissing(one));
    this.#wants.set(view, wants);
    this.#page.wanted.set(view, new Set(names));
    if (waited || wants.some((one) => this.#isMissing(one))) this.#ask(view);
  }

  /** Forgets a view that is gone. */
  forget(view: string): void {
    this.want(view, []);
    this.#wants.delete(view);
    this.#page.wanted.delete(view);
  }

  /** The address of a copy in this page; undefined while it is not here. */
  get(sha256: string, copy: CopyName): string | undefined {
    const name = nameOf({ sha256, copy });
    const found = this.#page.kept.get(name);
    if (found === undefined) return undefined;
    this.#page.kept.delete(name);
    this.#page.kept.set(name, found);
    return found.url;
  }

  /** Why a copy cannot be had, empty if nothing is known to be wrong. */
  error(sha256: string, copy: CopyName): string {
    return this.#errors.get(nameOf({ sha256, copy })) ?? "";
  }

  /** Calls `listener` when a wanted copy has arrived or cannot be had, until `signal` aborts. */
  listen(listener: () => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  #isMissing(want: WantedCopy): boolean {
    const name = nameOf(want);
    return !this.#page.kept.has(name) && !this.#errors.has(name);
  }

  #ask(view: string): void {
    const copies = (this.#wants.get(view) ?? []).filter((one) => this.#isMissing(one));
    const message: WantsMessage = { kind: "wants", view, copies };
    this.#connection.send(message);
  }

  #receive(content: unknown, buffers: DataView[]): void {
    const message = content as CopyMessage;
    if (message?.kind !== "copy") return;
    const name = nameOf(message);
    const data = buffers?.[0];
    if (message.error !== "" || data === undefined) {
      this.#errors.set(name, message.error);
      this.#notify();
      return;
    }
    this.#errors.delete(name);
    this.#keep(name, new Blob([data as DataView<ArrayBuffer>], { type: message.media_type }));
    for (const listener of [...this.#page.listeners]) listener(name);
  }

  #keep(name: string, blob: Blob): void {
    const { kept } = this.#page;
    // another page may have asked too: the address that is shown stays good
    if (!kept.has(name)) kept.set(name, { url: URL.createObjectURL(blob), bytes: blob.size });
    const wanted = new Set([...this.#page.wanted.values()].flatMap((names) => [...names]));
    let bytes = [...kept.values()].reduce((sum, one) => sum + one.bytes, 0);
    for (const [old, copy] of kept) {
      if (bytes <= MOST_BYTES) break;
      if (wanted.has(old)) continue;
      URL.revokeObjectURL(copy.url);
      kept.delete(old);
      bytes -= copy.bytes;
    }
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
