/* The part of a view in which one picture is large: the picture, what can be done with it, its details. */
import { isFree } from "../shared/account";
import type { Connection } from "../shared/connection";
import { element } from "../shared/dom";
import { type LargePicture, LargeView, NEIGHBOURS } from "../shared/large_view";
import { numberWords } from "../shared/numbers";
import { type PictureActions, PictureToolbar } from "../shared/picture_actions";
import type { PictureCopies } from "../shared/picture_copies";
import { fill } from "../shared/words";
import { awaited, type GalleryRequests } from "./answers";
import { Details } from "./details";
import { ForgetBox } from "./forget_box";
import type { GalleryItem, PictureDetails, PictureLink, ToldMessage } from "./messages";
import type { Words } from "./words";

/** Milliseconds that a picture is looked at before its details are asked for: not of those that are
    passed by. */
const LOOK_MS = 120;

/** A picture that is open: its place in the view's listing, null for one that is not in it. */
export interface Opened {
  item: GalleryItem;
  place: number | null;
}

export interface PaneHooks {
  /** The picture at a place of the view's listing, where the page knows it. */
  at(place: number): GalleryItem | undefined;
  count(): number;
  listing(): number | null;
  /** Open another picture; or, with null, go back to all. */
  open(opened: Opened | null): void;
  /** Go to a place, whose picture the page may not know yet. */
  go(place: number): void;
  forgotten(): void;
  /** What was asked to be compared is shown. */
  compared(): void;
}

export class LargePane {
  readonly el: HTMLElement;
  readonly view: LargeView;
  readonly details: Details;
  readonly #toolbar: PictureToolbar;
  readonly #forget: ForgetBox;
  readonly #requests: GalleryRequests;
  readonly #connection: Connection;
  readonly #hooks: PaneHooks;
  readonly #words: Words;
  readonly #heard = element("span", { class: "lumen-heard", role: "status" });
  #opened: Opened | null = null;
  #told: PictureDetails | null = null;
  #note = "";
  #timer = 0;

  constructor(
    words: Words,
    connection: Connection,
    requests: GalleryRequests,
    copies: PictureCopies,
    actions: PictureActions,
    hooks: PaneHooks,
    signal: AbortSignal,
  ) {
    this.#words = words;
    this.#connection = connection;
    this.#requests = requests;
    this.#hooks = hooks;
    this.view = new LargeView(
      copies,
      connection,
      words,
      { move: (by) => this.#move(by), close: () => hooks.open(null) },
      signal,
    );
    this.details = new Details(words, {
      tile: (sha256) => copies.get(sha256, "tile"),
      follow: (link) => this.#follow(link),
    });
    this.#forget = new ForgetBox(
      words,
      requests,
      () => (this.#opened ? [this.#opened.item.key] : []),
      () => hooks.forgotten(),
    );
    this.#toolbar = new PictureToolbar(
      actions,
      words,
      {
        price: () => this.#price(),
        host: () => this.#told?.again?.host ?? null,
        acted: ({ action, error }) => {
          // another form may be the one that was used last
          const item = this.#opened?.item;
          if (action === "again" && error !== "" && item !== undefined) void this.#ask(item);
          if (action === "compare" && error === "") hooks.compared();
        },
        more: [this.#forget.button],
      },
      signal,
    );
    this.el = element(
      "div",
      { class: "lumen-gallery-large", hidden: "" },
      this.view.el,
      element(
        "div",
        { class: "lumen-gallery-side" },
        this.#toolbar.el,
        this.#forget.el,
        this.details.el,
      ),
      this.#heard,
    );
    this.el.addEventListener("keydown", (event) => this.#keydown(event), { signal });
    copies.listen(() => this.details.refresh(), signal);
    connection.listen(() => this.#showDetails(), signal);
    signal.addEventListener("abort", () => window.clearTimeout(this.#timer));
  }

  get opened(): Opened | null {
    return this.#opened;
  }

  /** Shows a picture, or with null nothing any more. */
  show(opened: Opened | null): void {
    const before = this.#opened;
    this.#opened = opened;
    this.el.hidden = opened === null;
    window.clearTimeout(this.#timer);
    if (opened === null) {
      this.#told = null;
      this.#toolbar.show([]);
      this.#forget.reset();
      this.view.hide();
      return;
    }
    this.refresh();
    const { item } = opened;
    if (item.key === before?.item.key) return;
    this.#forget.reset();
    this.#toolbar.show([item]);
    this.#told = null;
    this.#note = "";
    this.#showDetails();
    const [count, at] = [this.#hooks.count(), opened.place];
    const place = { place: String((at ?? 0) + 1), count: String(count) };
    const name = altOf(item, this.#words);
    const position = fill(this.#words.position, place);
    this.#heard.textContent = at === null ? name : fill(this.#words.placed, { position, name });
    this.#timer = window.setTimeout(() => void this.#ask(item), LOOK_MS);
  }

  /** Takes in that the page knows more pictures: neighbours may be among them. */
  refresh(): void {
    if (this.#opened === null) return;
    const { item, place } = this.#opened;
    const near = (step: number) => {
      if (place === null) return [];
      const items = Array.from({ length: NEIGHBOURS }, (_, n) =>
        this.#hooks.at(place + step * (n + 1)),
      );
      return items.filter((one) => one !== undefined).map((one) => largeOf(one, this.#words));
    };
    this.view.show({
      picture: largeOf(item, this.#words),
      before: near(-1),
      after: near(1),
      position: place === null ? null : { place: place + 1, count: this.#hooks.count() },
    });
  }

  #move(by: number): void {
    const place = this.#opened?.place ?? null;
    if (place === null) return;
    const last = this.#hooks.count() - 1;
    const to = Math.min(Math.max(place + by, 0), last);
    if (to !== place) this.#hooks.go(to);
  }

  #follow(link: PictureLink): void {
    this.#hooks.open({ item: link.item, place: link.place });
    this.view.stage.focus();
  }

  async #ask(item: GalleryItem): Promise<void> {
    const listing = this.#hooks.listing() ?? 0;
    const asked = this.#requests.ask({ kind: "tell", key: item.key, listing });
    const isShown = () => this.#opened?.item.key === item.key;
    const answer = await awaited<ToldMessage>(asked, (late) => {
      this.#note = late ? this.#words.detailsWait : "";
      if (isShown()) this.#showDetails();
    });
    if (!isShown()) return;
    if (answer?.kind === "told") this.#told = answer.details;
    this.#note = answer?.kind === "error" ? `${answer.message} ${answer.next_step}`.trim() : "";
    this.#showDetails();
  }

  #showDetails(): void {
    if (this.#opened === null) return;
    const lost = this.#told === null && this.#connection.ended ? this.#words.detailsLost : "";
    this.details.show(this.#opened.item, this.#told, this.#note || lost);
    this.#toolbar.show([this.#opened.item]);
  }

  /** What the same again would cost, in words; empty where no form is known that would send it. */
  #price(): string {
    const again = this.#told?.again;
    if (!again) return "";
    const words = this.#words;
    if (isFree(again.host)) return words.actFree;
    const { host, credits } = again;
    if (credits === null) return fill(words.againSome, { host });
    return fill(words.againCost, { credits: numberWords(credits), host });
  }

  #keydown(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Escape") this.#hooks.open(null);
    else if (!this.view.el.contains(event.target as Node) || !this.#toolbar.key(event)) return;
    event.preventDefault();
  }
}

export function altOf(item: GalleryItem, words: Words): string {
  return item.prompt || fill(words.noPrompt, { number: String(item.index + 1) });
}

function largeOf(item: GalleryItem, words: Words): LargePicture {
  const { sha256, width, height } = item;
  return { sha256, width, height, alt: altOf(item, words) };
}
