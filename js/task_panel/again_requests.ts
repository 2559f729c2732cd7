/* *Try again* may pay: while one was not answered, also before a reload, it goes under the same id, and
   the kernel does nothing twice under one id. */
import { newId } from "../shared/ids";
import { UnansweredRequests } from "../shared/unanswered";

interface KeptAgain {
  /** The panel that sent it, and the row that is tried again. */
  panel: string;
  key: string;
}

function readAgain({ panel, key }: Record<string, unknown>): KeptAgain | null {
  return typeof panel === "string" && typeof key === "string" ? { panel, key } : null;
}

export class AgainRequests {
  readonly #panel: string;
  readonly #kept = new UnansweredRequests("again", readAgain);

  constructor(panel: string) {
    this.#panel = panel;
  }

  /** The id under which a row is tried again, kept until the answer. */
  begin(key: string): string {
    const panel = this.#panel;
    const before = this.#kept.all().find((one) => one.panel === panel && one.key === key);
    const request = before?.request ?? newId();
    this.#kept.keep(request, { panel, key });
    return request;
  }

  /** The kernel has answered. */
  end(request: string): void {
    this.#kept.remove(request);
  }
}
