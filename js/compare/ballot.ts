/* The votes of a blind test as a page has them: those that the kernel has counted, and those that it has not
   answered yet, which are kept in the tab and sent again. One for each model, shared by its views.

   A vote is known by the number of its pair and by how often that had been taken back before, so that it
   counts once however often it is sent. Its answer is the state of all votes, in which it is found. */
import type { AnyModel } from "@anywidget/types";
import type { Connection } from "../shared/connection";
import { UnansweredRequests } from "../shared/unanswered";
import type {
  BlindRanking,
  BlindTest,
  BlindVote,
  CompareModel,
  EndMessage,
  UnvoteMessage,
  VoteMessage,
} from "./messages";

export type Outcome = BlindVote["outcome"];

/** What a page did and the kernel may not know yet. */
type Act = VoteMessage | UnvoteMessage;

/** An act as the tab keeps it: of which test, and in which order. */
interface KeptAct {
  test: string;
  at: number;
  act: Act;
}

/** What is needed of a comparison's model. */
type BlindModel = AnyModel<Pick<CompareModel, "_test" | "_ballot" | "_ranking">>;

/** A test that has no pairs: the widget is no blind test. */
const NO_TEST: BlindTest = { id: "", pictures: [], pairs: [] };
const OUTCOMES = new Set<unknown>(["left", "right", "tie"]);

const isNumber = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

/** Reads what is kept of an act; null if it is damaged. */
function readAct({ test, at, act }: Record<string, unknown>): KeptAct | null {
  if (typeof test !== "string" || !isNumber(at) || typeof act !== "object" || act === null)
    return null;
  const { kind, pair, attempt, outcome } = act as Record<string, unknown>;
  if (!isNumber(pair) || !isNumber(attempt)) return null;
  if (kind === "unvote") return { test, at, act: { kind, pair, attempt } };
  if (kind !== "vote" || !OUTCOMES.has(outcome)) return null;
  return { test, at, act: { kind, pair, attempt, outcome: outcome as Outcome } };
}

export class Ballot {
  readonly #model: BlindModel;
  readonly #connection: Connection;
  readonly #kept = new UnansweredRequests<KeptAct>("vote", readAct);
  readonly #listeners = new Set<() => void>();
  #pending: Act[] = [];
  #next = 0;
  /** The votes that count, with those that are on their way; in the order in which they were cast. */
  #votes = new Map<number, BlindVote>();
  /** By pair, how often its vote was taken back. */
  #undone = new Map<number, number>();
  /** Whether the ranking is to be shown; null where the kernel's word is the last one. */
  #wish: boolean | null = null;

  /** `signal` is that of the model's `initialize`, which aborts once the widget is closed. */
  constructor(model: BlindModel, connection: Connection, signal: AbortSignal) {
    this.#model = model;
    this.#connection = connection;
    const read = () => this.#read();
    const takeUp = () => this.#takeUp();
    model.on("change:_test", takeUp);
    model.on("change:_ballot", read);
    model.on("change:_ranking", read);
    signal.addEventListener("abort", () => {
      model.off("change:_test", takeUp);
      model.off("change:_ballot", read);
      model.off("change:_ranking", read);
    });
    let lost = false;
    connection.listen(() => {
      // what was sent while the page was offline did not arrive
      if (lost && connection.state === "live") this.#sendAgain();
      lost = connection.state !== "live";
      this.#notify();
    }, signal);
    this.#takeUp();
  }

  get test(): BlindTest {
    return this.#model.get("_test") ?? NO_TEST;
  }

  get votes(): readonly BlindVote[] {
    return [...this.#votes.values()];
  }

  /** How many votes the kernel has not answered. */
  get unanswered(): number {
    return this.#pending.length;
  }

  /** The first pair without a vote; null where each has one. */
  get next(): number | null {
    const found = this.test.pairs.findIndex((_, pair) => !this.#votes.has(pair));
    return found < 0 ? null : found;
  }

  has(pair: number): boolean {
    return this.#votes.has(pair);
  }

  /** Whether the ranking is to be shown, and voting is over. */
  get ended(): boolean {
    return this.#wish ?? this.#model.get("_ranking") !== null;
  }

  /** The ranking by all the votes that were cast; null while the kernel has yet to make it. */
  get ranking(): BlindRanking | null {
    const ranking = this.#model.get("_ranking");
    if (ranking === null || this.#connection.ended) return ranking;
    const current = this.#pending.length === 0 && ranking.votes === this.#votes.size;
    return current ? ranking : null;
  }

  /** Takes in a vote, unless the pair has one. */
  vote(pair: number, outcome: Outcome): void {
    if (this.#votes.has(pair) || pair >= this.test.pairs.length) return;
    this.#act({ kind: "vote", pair, attempt: this.#undone.get(pair) ?? 0, outcome });
  }

  /** Takes the last vote back; returns its pair, null if there is no vote. */
  unvote(): number | null {
    const last = this.votes.at(-1);
    if (last === undefined) return null;
    this.#act({ kind: "unvote", pair: last.pair, attempt: last.attempt });
    return last.pair;
  }

  /** Ends the test and has the ranking shown, or goes on with it. */
  end(ended: boolean): void {
    this.#wish = ended;
    this.#sendEnd();
    this.#notify();
  }

  /** Calls `listener` after each change, until `signal` aborts. */
  listen(listener: () => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  #act(act: Act): void {
    this.#next += 1;
    this.#kept.keep(this.#idOf(act), { test: this.test.id, at: this.#next, act });
    this.#pending.push(act);
    this.#connection.send(act);
    this.#count();
    this.#notify();
  }

  #idOf({ kind, pair, attempt }: Act): string {
    return `${this.test.id}.${pair}.${attempt}.${kind}`;
  }

  /** Takes up the acts of an earlier page on this test, and sends them again in their order. */
  #takeUp(): void {
    const { id } = this.test;
    if (id === "") return;
    const kept = this.#kept.all().filter(({ test }) => test === id);
    kept.sort((one, other) => one.at - other.at);
    this.#next = kept.at(-1)?.at ?? 0;
    this.#pending = kept.map(({ act }) => act);
    this.#read();
    this.#sendAgain();
  }

  #sendAgain(): void {
    for (const act of this.#pending) this.#connection.send(act);
    this.#sendEnd();
  }

  #sendEnd(): void {
    if (this.#wish === null) return;
    const message: EndMessage = { kind: "end", ended: this.#wish };
    this.#connection.send(message);
  }

  /** Takes in what the kernel has counted. */
  #read(): void {
    const ballot = this.#model.get("_ballot");
    const attempts = new Map(ballot.votes.map(({ pair, attempt }) => [pair, attempt]));
    const undone = new Map(ballot.undone.map(({ pair, times }) => [pair, times]));
    this.#pending = this.#pending.filter((act) => {
      const { kind, pair, attempt } = act;
      const isPast = (undone.get(pair) ?? 0) > attempt;
      // another page may have been the first, with another vote
      const answered = isPast || (kind === "vote" && (attempts.get(pair) ?? -1) >= attempt);
      if (answered) this.#kept.remove(this.#idOf(act));
      return !answered;
    });
    if (this.#wish === (this.#model.get("_ranking") !== null)) this.#wish = null;
    this.#count();
    this.#notify();
  }

  #count(): void {
    const ballot = this.#model.get("_ballot");
    this.#votes = new Map(ballot.votes.map((vote) => [vote.pair, vote]));
    this.#undone = new Map(ballot.undone.map(({ pair, times }) => [pair, times]));
    for (const act of this.#pending) {
      const { pair, attempt } = act;
      if (act.kind === "unvote") {
        if (this.#votes.get(pair)?.attempt !== attempt) continue;
        this.#votes.delete(pair);
        this.#undone.set(pair, attempt + 1);
      } else if (!this.#votes.has(pair) && (this.#undone.get(pair) ?? 0) === attempt)
        this.#votes.set(pair, { pair, attempt, outcome: act.outcome });
    }
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
