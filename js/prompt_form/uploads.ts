/* Uploads of files to the kernel, in chunks: each is sent after the one before was received, since the
   notebook's socket takes 10 MB at once and a busy kernel should not have to queue them. */
import { newId } from "../shared/ids";
import { shortened } from "../shared/words";
import type { ChunkMessage, ReceivedMessage } from "./messages";

export type Place = "images" | "mask";

/** The largest file that the kernel accepts, in bytes; the kernel checks this too. */
export const MAX_BYTES = 64 * 1024 * 1024;
const CHUNK = 1024 * 1024;
const TYPES = new Set(["image/png", "image/jpeg", "image/webp"]);

/** A file that the kernel has not received whole yet. */
export interface Upload {
  id: string;
  place: Place;
  file: File;
  /** From 0 to 1. */
  share: number;
}

/** What no file can be sent to. */
export const GONE = "The kernel is gone.";

/** Characters of a name that help to recognise a file. */
const NAME_LENGTH = 60;

/** A file's name as it can be shown: it may come from anywhere. */
export function shownName(file: { name: string }): string {
  return shortened(file.name, NAME_LENGTH);
}

/** Why a file is not uploaded; null if it is. */
export function refusal(file: { type: string; size: number }): "type" | "size" | "empty" | null {
  if (file.size > MAX_BYTES) return "size";
  if (file.size === 0) return "empty";
  // a type that the browser does not know is left to the kernel, which checks the bytes
  return file.type === "" || TYPES.has(file.type) ? null : "type";
}

type Send = (message: ChunkMessage, data: ArrayBuffer) => void;

export class Uploads {
  readonly #send: Send;
  readonly #changed: () => void;
  readonly #active = new Map<string, Upload>();
  readonly #pending = new Map<string, (message: ReceivedMessage) => void>();

  constructor(send: Send, changed: () => void) {
    this.#send = send;
    this.#changed = changed;
  }

  get all(): Upload[] {
    return [...this.#active.values()];
  }

  /** Uploads a file; resolves with the kernel's error, or with an empty text. */
  async add(place: Place, file: File): Promise<string> {
    const upload: Upload = {
      id: newId(),
      place,
      file,
      share: 0,
    };
    this.#active.set(upload.id, upload);
    this.#changed();
    try {
      for (let start = 0; start < file.size; start += CHUNK) {
        const error = await this.#sendChunk(upload, start);
        if (error !== "") return error;
      }
      return "";
    } catch (error) {
      // a file that was moved or changed after it was chosen cannot be read
      return String(error instanceof Error ? error.message : error);
    } finally {
      this.#active.delete(upload.id);
      this.#changed();
    }
  }

  receive(message: ReceivedMessage): void {
    this.#pending.get(message.upload)?.(message);
  }

  /** Takes in that the kernel is gone: no more of any file is received. */
  end(): void {
    for (const [upload, receive] of this.#pending)
      receive({ kind: "received", upload, size: 0, error: GONE });
  }

  async #sendChunk(upload: Upload, start: number): Promise<string> {
    const { id, place, file } = upload;
    const data = await file.slice(start, start + CHUNK).arrayBuffer();
    const received = new Promise<ReceivedMessage>((resolve) => this.#pending.set(id, resolve));
    this.#send({ kind: "chunk", upload: id, place, name: file.name, size: file.size, start }, data);
    const answer = await received;
    this.#pending.delete(id);
    upload.share = answer.size / file.size;
    this.#changed();
    return answer.error;
  }
}
