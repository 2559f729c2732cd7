/* Files on their way to the kernel: one piece after the other, each after the last was received,
   since the notebook's socket takes 10 MB at once and a busy kernel should not pile them up. */
import { newId } from "../shared/ids";
import type { ChunkMessage, ReceivedMessage } from "./messages";

export type Place = "images" | "mask";

/** What the kernel takes of one file; it checks this too. */
export const MOST_BYTES = 64 * 1024 * 1024;
const CHUNK = 1024 * 1024;
const TYPES = new Set(["image/png", "image/jpeg", "image/webp"]);

/** A file that is not whole in the kernel yet. */
export interface Upload {
  id: string;
  place: Place;
  file: File;
  /** From 0 to 1. */
  share: number;
}

/** Why a file is not sent at all: null if it is. */
export function refusal(file: { type: string; size: number }): "type" | "size" | "empty" | null {
  if (file.size > MOST_BYTES) return "size";
  if (file.size === 0) return "empty";
  // a type that the system does not know is left to the kernel, which looks at the bytes
  return file.type === "" || TYPES.has(file.type) ? null : "type";
}

type Send = (message: ChunkMessage, data: ArrayBuffer) => void;

export class Uploads {
  readonly #send: Send;
  readonly #changed: () => void;
  readonly #under = new Map<string, Upload>();
  readonly #waiting = new Map<string, (message: ReceivedMessage) => void>();

  constructor(send: Send, changed: () => void) {
    this.#send = send;
    this.#changed = changed;
  }

  get all(): Upload[] {
    return [...this.#under.values()];
  }

  /** Sends a file; returns why the kernel did not take it, or an empty text. */
  async add(place: Place, file: File): Promise<string> {
    const upload: Upload = {
      id: newId(),
      place,
      file,
      share: 0,
    };
    this.#under.set(upload.id, upload);
    this.#changed();
    try {
      for (let start = 0; start < file.size; start += CHUNK) {
        const error = await this.#sendPiece(upload, start);
        if (error !== "") return error;
      }
      return "";
    } catch (error) {
      // a file that was moved or changed after it was chosen cannot be read
      return String(error instanceof Error ? error.message : error);
    } finally {
      this.#under.delete(upload.id);
      this.#changed();
    }
  }

  receive(message: ReceivedMessage): void {
    this.#waiting.get(message.upload)?.(message);
  }

  async #sendPiece(upload: Upload, start: number): Promise<string> {
    const { id, place, file } = upload;
    const data = await file.slice(start, start + CHUNK).arrayBuffer();
    const received = new Promise<ReceivedMessage>((resolve) => this.#waiting.set(id, resolve));
    this.#send({ kind: "chunk", upload: id, place, name: file.name, size: file.size, start }, data);
    const answer = await received;
    this.#waiting.delete(id);
    upload.share = answer.size / file.size;
    this.#changed();
    return answer.error;
  }
}
