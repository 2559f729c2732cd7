/* The submits of a form that no answer has come to: those of the page before a reload, and those of an
   earlier form of this notebook that the kernel does not have any more. The same submit, clicked again,
   goes under the same id, and the kernel does nothing twice under one id. */
import { newId } from "../shared/ids";
import { NO_SIDES, SIDES } from "../shared/side_numbers";
import { type Kept, UnansweredRequests } from "../shared/unanswered";
import { FIELDS, type FieldName, type Value } from "./draft";
import type { TypedField, UnansweredSubmit } from "./messages";

/** What is kept of a submit. `extra` may hold anything, so it is not kept; pictures and the webhook's
    secret are in no field. */
export interface SentFields {
  /** The form that sent it, the notebook that has this form, and the host that charges. */
  form: string;
  notebook: string;
  host: string;
  fields: TypedField[];
}

/** A submit of an earlier page or form. */
export interface SentSubmit {
  request: string;
  fields: TypedField[];
  /** Whether the kernel has it: then it is in the list of tasks. */
  answered: boolean;
}

const KEPT_FIELDS = FIELDS.filter((name) => name !== "_extra_text");

/** Fields that are no text, or never empty. */
const TYPES: Partial<Record<FieldName, "number" | "boolean">> = {
  n: "number",
  exact: "boolean",
  crop: "number",
  left: "number",
  top: "number",
  right: "number",
  bottom: "number",
};
const NEVER_EMPTY = new Set<FieldName>(["prompt", "model", "exact", ...SIDES]);

/** What a page asked for that did not have these fields yet: its submit is still the same one. */
const BEFORE: Partial<Record<FieldName, Value>> = { exact: true, crop: null, ...NO_SIDES };

function isValueOf(name: FieldName, value: unknown): value is Value {
  if (value === null) return !NEVER_EMPTY.has(name);
  return typeof value === (TYPES[name] ?? "string");
}

/** Reads what is kept of a submit, in the order of `KEPT_FIELDS`; null if it is damaged. */
function readSent(value: Record<string, unknown>): SentFields | null {
  const { form, notebook, host, fields } = value;
  if (typeof form !== "string" || typeof notebook !== "string" || typeof host !== "string")
    return null;
  if (!Array.isArray(fields)) return null;
  const values = new Map(fields.map((one) => [one?.field, one?.value]));
  const read: TypedField[] = [];
  for (const field of KEPT_FIELDS) {
    const held: unknown = values.has(field) ? values.get(field) : BEFORE[field];
    if (!isValueOf(field, held)) return null;
    read.push({ field, value: held });
  }
  return { form, notebook, host, fields: read };
}

/** Those of a draft's fields that are kept, in the order of `KEPT_FIELDS`. */
function keptOf(fields: TypedField[]): TypedField[] {
  const values = new Map(fields.map(({ field, value }) => [field, value]));
  return KEPT_FIELDS.map((field) => ({ field, value: values.get(field) ?? null }));
}

export function isSame(sent: TypedField[], fields: TypedField[]): boolean {
  return JSON.stringify(sent) === JSON.stringify(keptOf(fields));
}

export class SentRequests {
  /** Those of this form, and of forms that are gone. */
  shown: SentSubmit[] = [];
  readonly #from: Omit<SentFields, "fields">;
  readonly #kept = new UnansweredRequests("submit", readSent);
  /** Those of other forms in this notebook, until the kernel has said which of these are gone. */
  #others: Kept<SentFields>[] = [];

  constructor(form: string, notebook: string, host: string) {
    this.#from = { form, notebook, host };
    for (const kept of this.#kept.all()) {
      if (kept.host !== host) continue;
      if (kept.form === form) this.#show(kept);
      else if (kept.notebook === notebook) this.#others.push(kept);
    }
  }

  /** What the kernel is asked about. */
  get unanswered(): UnansweredSubmit[] {
    const own = this.shown.map(({ request }) => ({ request, form: this.#from.form }));
    return [...own, ...this.#others.map(({ request, form }) => ({ request, form }))];
  }

  /** The kernel has no form that sent these: this one has them from now on. */
  adopt(requests: string[]): void {
    for (const kept of this.#others) if (requests.includes(kept.request)) this.#show(kept);
    this.#others = [];
  }

  /** The id under which these fields are sent: that of the same submit, where it was sent before. */
  idFor(fields: TypedField[]): string {
    const all = [...this.shown, ...this.#others];
    return all.find((sent) => isSame(sent.fields, fields))?.request ?? newId();
  }

  /** Keeps a submit that is about to be sent; false where the browser keeps nothing. */
  keep(request: string, fields: TypedField[]): boolean {
    return this.#kept.keep(request, { ...this.#from, fields: keptOf(fields) });
  }

  /** A submit could not be sent after all: one that was not sent earlier either is not kept. */
  unsend(request: string): void {
    if (![...this.shown, ...this.#others].some((one) => one.request === request))
      this.#kept.remove(request);
  }

  /** The kernel has answered a submit of this page. */
  end(request: string): void {
    this.forget(request);
    // with another submit, those that the list shows are past
    this.shown = this.shown.filter((one) => !one.answered);
  }

  /** The kernel has answered a submit of an earlier page or form. */
  answer(request: string, taken: boolean): void {
    this.#kept.remove(request);
    if (!taken) this.forget(request);
    else
      this.shown = this.shown.map((one) =>
        one.request === request ? { ...one, answered: true } : one,
      );
  }

  /** Forgets a submit. */
  forget(request: string): void {
    this.#kept.remove(request);
    this.shown = this.shown.filter((one) => one.request !== request);
    this.#others = this.#others.filter((one) => one.request !== request);
  }

  #show({ request, fields }: Kept<SentFields>): void {
    this.shown.push({ request, fields, answered: false });
  }
}
