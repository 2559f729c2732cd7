/* One view of a blind test: two pictures without names, voted on by keys or buttons; and, once the test has
   ended, the ranking. Until then nothing in it is of one picture alone: no name, place or size. */
import type { AnyModel } from "@anywidget/types";
import { element, setText } from "../shared/dom";
import { oneActionPerGesture } from "../shared/gestures";
import { newId } from "../shared/ids";
import { isComposing, isModified, keepKeys } from "../shared/keyboard";
import type { WantedCopy } from "../shared/picture_copies";
import { fill } from "../shared/words";
import { STEP } from "../shared/zoom";
import type { Outcome } from "./ballot";
import type { CompareModel, FrameSize } from "./messages";
import { RankingTable } from "./ranking_table";
import { Stage } from "./stage";
import type { CompareState } from "./state";
import { nameOf } from "./view";
import type { Words } from "./words";
import { ZoomTools } from "./zoom_tools";

/** Votes that the kernel has not taken in after so many milliseconds wait for a cell. */
const BUSY_MS = 1500;
/** Pairs whose pictures are decoded ahead. */
const PAIRS_AHEAD = 3;
/** CSS pixels of width from which the pictures are left and right, not above each other. */
const ROW_FROM = 480;
/** CSS pixels that Shift with an arrow moves zoomed pictures. */
const PAN = 60;

const VOTES: Record<string, Outcome> = { "1": "left", "2": "right", "=": "tie" };
const PANS: Record<string, [across: number, down: number]> = {
  ArrowRight: [-PAN, 0],
  ArrowLeft: [PAN, 0],
  ArrowDown: [0, -PAN],
  ArrowUp: [0, PAN],
};

class BlindView {
  readonly el: HTMLElement;
  readonly #state: CompareState;
  readonly #words: Words;
  readonly #stage: Stage;
  readonly #table: RankingTable;
  readonly #zoomTools: ZoomTools;
  readonly #count = element("span", { class: "lumen-compare-count" });
  readonly #progress = element("progress", { class: "lumen-blind-progress" });
  readonly #voting = element("div", { class: "lumen-blind-voting" });
  readonly #result = element("div", { class: "lumen-blind-result", hidden: "" });
  readonly #buttons: Record<Outcome, HTMLButtonElement>;
  readonly #undo: HTMLButtonElement;
  readonly #rank: HTMLButtonElement;
  readonly #goOn: HTMLButtonElement;
  readonly #pairOnly: HTMLElement;
  /** What the keys do, while there is a pair. */
  readonly #keys: HTMLElement;
  readonly #done: HTMLElement;
  readonly #waiting = element("p", { class: "lumen-blind-waiting" });
  readonly #notice = element("p", { class: "lumen-stage-notice", role: "status" });
  readonly #heard = element("span", { class: "lumen-heard", role: "status" });
  readonly #ahead = newId();
  #pair: number | null;
  #said = "";
  #late = false;
  #wasStacked = false;
  #timer = 0;

  constructor(state: CompareState, frame: FrameSize, words: Words, signal: AbortSignal) {
    this.#state = state;
    this.#words = words;
    const { ballot, connection, copies } = state;
    this.#pair = ballot.next;
    this.#stage = new Stage(
      ballot.test.pictures,
      frame,
      copies,
      connection,
      words,
      { drawn: () => this.#drawn() },
      signal,
    );
    this.#stage.el.setAttribute("aria-label", words.thePair);
    this.#zoomTools = new ZoomTools(this.#stage, words);
    this.#table = new RankingTable(copies, words, (one) => nameOf(one, words), signal);
    const button = (text: string, press: () => void, key = "") => {
      const made = element("button", { type: "button", class: "lumen-button" }, text);
      if (key !== "") {
        made.prepend(element("kbd", { "aria-hidden": "true" }, key));
        made.setAttribute("aria-keyshortcuts", key);
      }
      made.setAttribute("data-stepwise", "");
      made.addEventListener("click", press);
      return made;
    };
    const label = () => element("span");
    const vote = (outcome: Outcome, key: string) => {
      const made = button("", () => this.#vote(outcome), key);
      made.append(label());
      return made;
    };
    this.#buttons = { left: vote("left", "1"), tie: vote("tie", "="), right: vote("right", "2") };
    this.#undo = button(words.unvote, () => this.#unvote(), "U");
    this.#rank = button(words.showRanking, () => this.#end(true), "R");
    this.#goOn = button(words.goOn, () => this.#end(false));
    this.#pairOnly = element(
      "div",
      {},
      this.#stage.el,
      this.#stage.notice,
      element(
        "div",
        { class: "lumen-blind-votes" },
        this.#buttons.left,
        this.#buttons.tie,
        this.#buttons.right,
      ),
    );
    this.#keys = element("p", { class: "lumen-blind-keys" }, words.blindKeys);
    this.#done = element("p", { class: "lumen-blind-done", tabindex: "-1" }, words.allVoted);
    this.#voting.append(
      this.#pairOnly,
      this.#done,
      element("div", { class: "lumen-blind-tools" }, this.#undo, this.#rank),
      this.#keys,
    );
    this.#result.append(
      this.#waiting,
      this.#table.el,
      element("div", { class: "lumen-blind-tools" }, this.#goOn),
    );
    this.el = element(
      "section",
      { class: "lumen lumen-compare lumen-blind", lang: words.lang, "aria-label": words.blindTest },
      element(
        "header",
        {},
        element("span", { class: "lumen-compare-title" }, words.blindTest),
        this.#count,
        this.#progress,
        this.#zoomTools.el,
      ),
      this.#voting,
      this.#result,
      this.#notice,
      this.#heard,
    );
    this.el.addEventListener("keydown", (event) => this.#keydown(event), { signal });
    ballot.listen(() => this.#show(), signal);
    signal.addEventListener("abort", () => {
      window.clearTimeout(this.#timer);
      copies.forget(this.#ahead);
    });
    this.#wantAll();
    this.#show();
  }

  /** Wants every picture that is yet to be seen: votes go on while the kernel runs a cell. */
  #wantAll(): void {
    const { copies, ballot } = this.#state;
    const { pairs, pictures } = ballot.test;
    const coming = pairs.filter((_, pair) => !ballot.has(pair));
    const places = new Set(coming.flatMap(({ left, right }) => [left, right]));
    const wants = [...places].flatMap((place): WantedCopy[] => {
      const sha256 = pictures[place]?.sha256;
      return sha256 === undefined ? [] : [{ sha256, copy: "display" }];
    });
    copies.want(this.#ahead, wants);
  }

  #show(): void {
    const { ballot } = this.#state;
    const { pairs } = ballot.test;
    const words = this.#words;
    // another view or page may have voted on this one
    if (this.#pair === null || ballot.has(this.#pair)) this.#pair = ballot.next;
    const { ended, ranking } = ballot;
    const votes = ballot.votes.length;
    const counts = { votes: String(votes), count: String(pairs.length) };
    const pair = { pair: String((this.#pair ?? 0) + 1), count: counts.count };
    const isPair = !ended && this.#pair !== null;
    setText(this.#count, fill(isPair ? words.pairOf : words.voteCount, isPair ? pair : counts));
    this.#progress.max = pairs.length;
    this.#progress.value = votes;
    this.#progress.setAttribute("aria-label", fill(words.voteCount, counts));
    this.#voting.hidden = ended;
    this.#zoomTools.el.hidden = !isPair;
    this.#result.hidden = !ended;
    this.#pairOnly.hidden = this.#pair === null;
    this.#keys.hidden = this.#pair === null;
    this.#done.hidden = this.#pair !== null;
    this.#undo.setAttribute("aria-disabled", String(!this.#canUnvote));
    this.#rank.setAttribute("aria-disabled", String(!this.#canRank));
    this.#table.show(ended ? ranking : null, pairs.length);
    // what is said below tells that it never comes
    setText(this.#waiting, ended && ranking === null && this.#canRank ? words.rankingComes : "");
    if (isPair) this.#arrange();
    this.#say();
  }

  /** Lays out the pair that is voted on, and those that come after it. */
  #arrange(): void {
    const { ballot } = this.#state;
    const { pairs } = ballot.test;
    const pair = pairs[this.#pair ?? -1];
    if (pair === undefined) return;
    const coming = pairs.filter((_, at) => at > (this.#pair ?? 0) && !ballot.has(at));
    const ahead = coming.slice(0, PAIRS_AHEAD).flatMap(({ left, right }) => [left, right]);
    const shown = [pair.left, pair.right];
    const alts = this.#isStacked
      ? [this.#words.upperAlt, this.#words.lowerAlt]
      : [this.#words.leftAlt, this.#words.rightAlt];
    this.#stage.arrange({
      layout: "beside",
      shown,
      alts,
      ahead: ahead.filter((place) => !shown.includes(place)),
      rowFrom: ROW_FROM,
    });
  }

  /** Whether the pictures stand below each other, as on a telephone. */
  get #isStacked(): boolean {
    return this.#stage.el.style.getPropertyValue("--lumen-columns") === "1";
  }

  /** Whether both pictures of the pair are there, or never will be. */
  get #canVote(): boolean {
    const { ballot, copies, connection } = this.#state;
    const pair = ballot.test.pairs[this.#pair ?? -1];
    if (pair === undefined || ballot.ended || connection.ended) return false;
    return [pair.left, pair.right].every((place) => {
      const sha256 = ballot.test.pictures[place]?.sha256 ?? "";
      return this.#stage.ready([place]) === 1 || copies.error(sha256, "display") !== "";
    });
  }

  /** Whether there is a vote to take back, and a kernel that would hear of it. */
  get #canUnvote(): boolean {
    const { ballot, connection } = this.#state;
    return ballot.votes.length > 0 && !connection.ended;
  }

  /** Whether there is a ranking, or a kernel that would make one. */
  get #canRank(): boolean {
    const { ballot, connection } = this.#state;
    return ballot.ranking !== null || !connection.ended;
  }

  #drawn(): void {
    // the stage draws before all of this is made
    if (this.#buttons === undefined) return;
    this.#zoomTools.show();
    const words = this.#words;
    const stacked = this.#isStacked;
    if (stacked !== this.#wasStacked) {
      this.#wasStacked = stacked;
      // what each is called is another word now
      this.#arrange();
    }
    const labels: Record<Outcome, string> = {
      left: stacked ? words.upperBetter : words.leftBetter,
      tie: words.bothAlike,
      right: stacked ? words.lowerBetter : words.rightBetter,
    };
    for (const [outcome, button] of Object.entries(this.#buttons)) {
      const text = button.querySelector("span");
      if (text) setText(text, labels[outcome as Outcome]);
      button.setAttribute("aria-disabled", String(!this.#canVote));
    }
  }

  #vote(outcome: Outcome): void {
    if (!this.#canVote || this.#pair === null) return;
    const stacked = this.#isStacked;
    const words = this.#words;
    const said: Record<Outcome, string> = {
      left: stacked ? words.votedUpper : words.votedLeft,
      tie: words.votedTie,
      right: stacked ? words.votedLower : words.votedRight,
    };
    this.#said = said[outcome];
    this.#change(() => this.#state.ballot.vote(this.#pair ?? -1, outcome));
  }

  #unvote(): void {
    if (!this.#canUnvote) return;
    this.#said = this.#words.unvoted;
    this.#change(() => {
      this.#pair = this.#state.ballot.unvote();
    });
  }

  /** Votes or takes a vote back: another pair is shown then, whole, and said. */
  #change(change: () => void): void {
    const hadFocus = this.#pairOnly.contains(document.activeElement);
    this.#stage.fit();
    change();
    this.#show();
    const { pairs } = this.#state.ballot.test;
    const words = this.#words;
    const where =
      this.#pair === null
        ? words.allVoted
        : fill(words.pairOf, { pair: String(this.#pair + 1), count: String(pairs.length) });
    this.#heard.textContent = `${this.#said} ${where}`;
    // what had the focus is gone with the last pair
    if (hadFocus && this.#pair === null) this.#rank.focus();
  }

  #end(ended: boolean): void {
    if (ended && !this.#canRank) return;
    this.#state.ballot.end(ended);
    if (ended) this.#goOn.focus();
    else if (this.#pair === null) this.#rank.focus();
    else this.#stage.el.focus();
  }

  /** Says why votes or the ranking wait, if they do. */
  #say(): void {
    const { ballot, connection } = this.#state;
    const waits =
      ballot.unanswered > 0 || (ballot.ended && ballot.ranking === null && !connection.ended);
    window.clearTimeout(this.#timer);
    if (!waits) this.#late = false;
    else if (!this.#late)
      this.#timer = window.setTimeout(() => {
        this.#late = true;
        this.#say();
      }, BUSY_MS);
    const words = this.#words;
    const states = {
      live: this.#late && ballot.unanswered > 0 ? words.votesWait : "",
      offline: words.votesOffline,
      gone: words.votesGone,
      closed: words.blindClosed,
    };
    setText(this.#notice, states[connection.state]);
  }

  #keydown(event: KeyboardEvent): void {
    if (event.defaultPrevented || isComposing(event) || isModified(event)) return;
    if (this.#state.ballot.ended) return;
    const { key } = event;
    const outcome = VOTES[key];
    const pan = event.shiftKey ? PANS[key] : undefined;
    if (outcome !== undefined) {
      // a key that is held is one vote: each is to be looked at
      if (!event.repeat) this.#vote(outcome);
    } else if (key === "Backspace" || key.toLowerCase() === "u") {
      if (!event.repeat) this.#unvote();
    } else if (key.toLowerCase() === "r") {
      if (!event.repeat) this.#end(true);
    } else if (key === "+") this.#stage.zoomBy(STEP);
    else if (key === "-") this.#stage.zoomBy(1 / STEP);
    else if (key === "0") this.#stage.fit();
    else if (pan) this.#stage.pan(...pan);
    else return;
    event.preventDefault();
  }
}

/** Builds a view into `el` and keeps it up to date until `signal` aborts. */
export function showBlind(
  el: HTMLElement,
  model: AnyModel<CompareModel>,
  state: CompareState,
  words: Words,
  signal: AbortSignal,
): void {
  const view = new BlindView(state, model.get("_frame"), words, signal);
  keepKeys(view.el, signal);
  oneActionPerGesture(view.el, signal);
  el.replaceChildren(view.el);
}
