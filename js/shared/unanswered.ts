/* Requests that may pay and that the kernel has not answered, kept in the tab's sessionStorage: a page
   that is reloaded, or a new view of a cell that ran again, knows them and repeats none under a new id.
   A secret, a picture and free JSON never belong in one. */

const PREFIX = "lumen-unanswered";
/** Characters of an id: what is longer was not written here. */
const LONGEST_ID = 64;

/** A request as it is kept: its id, and what a widget needs to recognise it. */
export type Kept<Content> = Content & { request: string };

/** The storage of this tab; null where the browser forbids it. */
function tabStorage(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    // blocked cookies, or a frame without an origin
    return null;
  }
}

export class UnansweredRequests<Content extends object> {
  readonly #prefix: string;
  readonly #read: (value: Record<string, unknown>) => Content | null;

  /** `read` returns what was kept if it is well-formed, else null: any script of the page can write
      there. */
  constructor(kind: string, read: (value: Record<string, unknown>) => Content | null) {
    this.#prefix = `${PREFIX}:${kind}:`;
    this.#read = read;
  }

  /** Keeps a request; call it before the request is sent. False where the browser keeps nothing. */
  keep(request: string, content: Content): boolean {
    try {
      const storage = tabStorage();
      storage?.setItem(this.#prefix + request, JSON.stringify(content));
      return storage !== null;
    } catch {
      // full, or forbidden in a private window
      return false;
    }
  }

  /** Removes a request: it was answered, or the user does not want it any more. */
  remove(request: string): void {
    try {
      tabStorage()?.removeItem(this.#prefix + request);
    } catch {
      // what cannot be written cannot be read either
    }
  }

  /** Every request that is kept; what is damaged is removed. */
  all(): Kept<Content>[] {
    const found: Kept<Content>[] = [];
    for (const request of this.#ids()) {
      const content = this.#content(request);
      if (content === null) this.remove(request);
      else found.push({ ...content, request });
    }
    return found;
  }

  #ids(): string[] {
    try {
      const storage = tabStorage();
      const keys = Array.from({ length: storage?.length ?? 0 }, (_, n) => storage?.key(n) ?? "");
      return keys
        .filter((key) => key.startsWith(this.#prefix))
        .map((key) => key.slice(this.#prefix.length));
    } catch {
      return [];
    }
  }

  #content(request: string): Content | null {
    if (request === "" || request.length > LONGEST_ID) return null;
    try {
      const value: unknown = JSON.parse(tabStorage()?.getItem(this.#prefix + request) ?? "");
      if (typeof value !== "object" || value === null) return null;
      return this.#read(value as Record<string, unknown>);
    } catch {
      return null;
    }
  }
}
