/* One view of a gallery: header, search, grid, and one picture large in the grid's place. */
import type { AnyModel, Host } from "@anywidget/types";
import { ChildPlace } from "../shared/child_place";
import type { Connection } from "../shared/connection";
import { element, setText } from "../shared/dom";
import { oneActionPerGesture } from "../shared/gestures";
import { newId } from "../shared/ids";
import { keepKeys } from "../shared/keyboard";
import { NEIGHBOURS } from "../shared/large_view";
import { type PictureActions, PictureToolbar } from "../shared/picture_actions";
import type { PictureCopies, WantedCopy } from "../shared/picture_copies";
import { fill } from "../shared/words";
import { awaited, type GalleryRequests } from "./answers";
import { countWords, grouped } from "./counts";
import { ForgetBox } from "./forget_box";
import { Grid } from "./grid";
import { LargePane, type Opened } from "./large_pane";
import type { FoundMessage, GalleryModel, GallerySearch, ItemsMessage } from "./messages";
import type { GalleryPictures, Listing } from "./pictures";
import { isEverything } from "./search";
import { SearchBar } from "./search_bar";
import type { Words } from "./words";

/** Milliseconds without scrolling: tiles that are scrolled past are not asked for. */
const SCROLL_MS = 80;
/** Pictures around those in the page whose words are asked for along with theirs. */
const AROUND = 60;
/** Of one question; the kernel tells of no more. */
const MOST_READ = 200;

/** The state that the views of one model share. */
export interface GalleryState {
  connection: Connection;
  pictures: GalleryPictures;
  requests: GalleryRequests;
  copies: PictureCopies;
  actions: PictureActions;
  /** What is done in each view when some pictures are gone. */
  changed: Set<() => void>;
}

/** Builds a view into `el` and keeps it up to date until `signal` aborts. */
export function showGallery(
  el: HTMLElement,
  model: AnyModel<GalleryModel>,
  host: Host,
  state: GalleryState,
  words: Words,
  view: string,
  signal: AbortSignal,
): void {
  new GalleryView(el, model, host, state, words, view, signal);
}

class GalleryView {
  readonly #model: AnyModel<GalleryModel>;
  readonly #state: GalleryState;
  readonly #words: Words;
  readonly #view: string;
  readonly #tilesOf = newId();
  readonly #root: HTMLElement;
  readonly #count = element("span", { class: "lumen-gallery-count" });
  readonly #news = element("button", { type: "button", class: "lumen-button", hidden: "" });
  readonly #lost = element("p", { class: "lumen-gallery-notice", "aria-live": "polite" });
  readonly #empty = element("p", { class: "lumen-gallery-empty", hidden: "" });
  readonly #emptyWords = element("span");
  readonly #showAll: HTMLButtonElement;
  readonly #waits = element("p", { class: "lumen-gallery-notice", "aria-live": "polite" });
  readonly #heard = element("span", { class: "lumen-heard", role: "status" });
  readonly #bar: SearchBar;
  readonly #grid: Grid;
  readonly #pane: LargePane;
  readonly #browse: HTMLElement;
  readonly #compare: ChildPlace;
  readonly #toolbar: PictureToolbar;
  readonly #forget: ForgetBox;
  readonly #chosenBox: HTMLElement;
  readonly #chosenCount = element("span", { class: "lumen-gallery-chosen-count" });
  /** The keys of the pictures to be acted on. */
  readonly #marked = new Set<string>();
  #listing: Listing;
  /** All pictures, by which the page searches alone. */
  #all: Listing;
  /** Which search was asked for last. */
  #asked = 0;
  #searching = false;
  #searchLate = false;
  #reading = false;
  #readLate = false;
  #wantTimer = 0;
  /** Why the last search failed. */
  #failure = "";
  /** A place to be opened once the page knows what is there. */
  #pending: number | null = null;

  constructor(
    el: HTMLElement,
    model: AnyModel<GalleryModel>,
    host: Host,
    state: GalleryState,
    words: Words,
    view: string,
    signal: AbortSignal,
  ) {
    this.#model = model;
    this.#state = state;
    this.#words = words;
    this.#view = view;
    this.#listing = this.#all = state.pictures.first;
    const { connection, requests, copies, actions, pictures } = state;
    this.#bar = new SearchBar(words, () => void this.#search(), signal);
    this.#grid = new Grid(
      words,
      {
        tile: (place) => this.#tile(place),
        open: (place) => this.#openPlace(place),
        mark: (from, through) => this.#mark(from, through),
        laidOut: () => this.#laidOut(),
        moved: () => this.#showChosen(),
        key: (event) => this.#key(event),
      },
      signal,
    );
    this.#pane = new LargePane(
      words,
      connection,
      requests,
      copies,
      actions,
      {
        at: (place) => this.#at(place),
        count: () => this.#listing.count,
        listing: () => this.#listing.number,
        open: (opened) => this.#open(opened),
        go: (place) => this.#go(place),
        forgotten: () => undefined,
        compared: () => this.#enterCompare(),
      },
      signal,
    );
    this.#compare = new ChildPlace(
      { close: words.compareClose },
      host,
      {
        close: () => connection.send({ kind: "close_compare" }),
        closed: () => this.#focusPictures(),
      },
      signal,
    );
    this.#forget = new ForgetBox(
      words,
      requests,
      () => [...this.#marked],
      () => this.#unmark(),
    );
    const unchoose = element("button", { type: "button", class: "lumen-button" }, words.unchoose);
    unchoose.addEventListener("click", () => {
      this.#unmark();
      this.#grid.reveal(this.#grid.active, true);
    });
    this.#toolbar = new PictureToolbar(
      actions,
      words,
      // what pays stands where its price does, in the large view
      {
        price: () => "",
        host: () => null,
        acted: ({ action, error }) => {
          if (action === "compare" && error === "") this.#enterCompare();
        },
        more: [this.#forget.button, unchoose],
        without: ["again"],
      },
      signal,
    );
    this.#chosenBox = element(
      "div",
      { class: "lumen-gallery-chosen", hidden: "" },
      this.#chosenCount,
      this.#toolbar.el,
      this.#forget.el,
    );
    this.#showAll = element("button", { type: "button", class: "lumen-button" }, words.showAll);
    this.#showAll.addEventListener("click", () => {
      this.#bar.reset();
      void this.#search();
    });
    this.#news.addEventListener("click", () => void this.#search(true));
    this.#empty.append(this.#emptyWords, " ", this.#showAll);
    this.#browse = element(
      "div",
      { class: "lumen-gallery-browse" },
      this.#bar.el,
      this.#chosenBox,
      this.#empty,
      this.#grid.el,
    );
    this.#root = element(
      "section",
      { class: "lumen lumen-gallery", "aria-label": words.gallery, lang: words.lang },
      element(
        "header",
        {},
        element("span", { class: "lumen-gallery-title" }, words.gallery),
        this.#count,
        this.#news,
      ),
      this.#lost,
      this.#browse,
      this.#pane.el,
      this.#compare.el,
      this.#waits,
      this.#heard,
    );
    el.replaceChildren(this.#root);
    keepKeys(this.#root, signal);
    oneActionPerGesture(this.#root, signal);

    pictures.listen(() => this.#learnt(), signal);
    copies.listen(() => this.#grid.refresh(), signal);
    actions.listen(() => this.#grid.refresh(), signal);
    connection.listen(() => {
      this.#showSummary();
      this.#showNotices();
    }, signal);
    const changed = () => void this.#search(false, true);
    state.changed.add(changed);
    const selected = () => this.#selectionChanged();
    model.on("change:_selected", selected);
    const compared = () => this.#compare.show(model.get("compare"));
    model.on("change:compare", compared);
    signal.addEventListener("abort", () => {
      state.changed.delete(changed);
      model.off("change:_selected", selected);
      model.off("change:compare", compared);
      window.clearTimeout(this.#wantTimer);
      copies.forget(this.#tilesOf);
      pictures.release(this.#listing);
    });
    this.#show(this.#listing);
    this.#showNotices();
    compared();
  }

  // what is shown

  #at(place: number) {
    return this.#state.pictures.get(this.#listing.keys.get(place));
  }

  #tile(place: number) {
    const item = this.#at(place);
    const { copies, actions } = this.#state;
    const sha256 = item?.sha256 ?? "";
    return {
      item,
      url: item && copies.get(sha256, "tile"),
      error: item ? copies.error(sha256, "tile") : "",
      starred: item !== undefined && actions.isStarred(sha256),
      marked: item !== undefined && this.#marked.has(item.key),
      current: item !== undefined && item.key === this.#model.get("_selected").item?.key,
    };
  }

  /** Shows another listing; from the top if that is said. */
  #show(listing: Listing, fromTop = false): void {
    if (listing !== this.#listing) this.#state.pictures.release(this.#listing);
    this.#listing = listing;
    this.#grid.show(listing.count, fromTop);
    this.#grid.refresh();
    this.#learnt();
  }

  /** Takes in that the page knows more. */
  #learnt(): void {
    this.#grid.refresh();
    this.#pane.refresh();
    const pending = this.#pending;
    if (pending !== null && this.#at(pending)) this.#go(pending);
    void this.#read();
    this.#wantTiles();
    const { pictures } = this.#state;
    const known = pictures.known;
    this.#bar.offer(
      known.map(({ model }) => model),
      known.map(({ width, height }) => `${width}x${height}`),
    );
    this.#showSummary();
  }

  #showSummary(): void {
    const words = this.#words;
    const { count, total, arrived } = this.#listing;
    const isAll = isEverything(this.#bar.search);
    const found = { found: grouped(count), count: grouped(total) };
    const all = countWords(count, words.onePicture, words.manyPictures);
    setText(this.#count, isAll ? all : fill(words.foundOf, found));
    // without a kernel nothing brings them
    const isGone = this.#state.connection.ended;
    const fresh = isGone ? 0 : Math.max(this.#state.pictures.arrived - arrived, 0);
    const active = document.activeElement;
    const hadFocus = active === this.#news || active === this.#showAll;
    this.#news.hidden = fresh === 0;
    setText(this.#news, countWords(fresh, words.oneNew, words.manyNew));
    this.#empty.hidden = count > 0;
    this.#showAll.hidden = isAll;
    const none = this.#model.get("_history") ? words.emptyHistory : words.emptyGiven;
    const searching = this.#searching && !this.#searchLate ? words.searching : words.nothingFound;
    setText(this.#emptyWords, isAll ? none : searching);
    this.#bar.el.hidden = isAll && count === 0 && total === 0;
    // what was pressed has done its work, and is gone
    if (hadFocus && active.closest("[hidden]")) this.#focusPictures();
    // nobody looks at an empty gallery's place: what comes is shown at once
    if (fresh > 0 && count === 0 && isAll && !this.#searching) void this.#search();
  }

  #showNotices(): void {
    const { connection, pictures } = this.#state;
    const words = this.#words;
    setText(this.#lost, connection.state === "live" ? "" : words[connection.state]);
    const here = { count: grouped(pictures.known.length) };
    const busy = connection.state === "live";
    const searched = this.#searchLate && busy ? fill(words.searchedHere, here) : "";
    const reading = this.#readLate && busy ? words.readingWaits : "";
    setText(this.#waits, this.#failure || searched || reading);
    this.#root.toggleAttribute("data-lost", connection.ended);
    this.#grid.refresh();
  }

  // what the kernel is asked for

  /** Searches for what the bar says; until the kernel answers, among what is here. */
  async #search(fromTop = true, silent = false): Promise<void> {
    const { requests, connection, pictures, actions } = this.#state;
    const search = this.#bar.search;
    this.#asked += 1;
    const asked = this.#asked;
    const isLast = () => asked === this.#asked;
    this.#searching = true;
    const showHere = () => {
      const isStarred = (sha256: string) => actions.isStarred(sha256);
      const whole = isEverything(search);
      this.#show(whole ? this.#all : pictures.foundHere(search, this.#all, isStarred), fromTop);
    };
    if (connection.ended) {
      this.#searching = false;
      showHere();
      return;
    }
    const answer = await awaited<FoundMessage>(requests.ask({ kind: "find", search }), (late) => {
      if (!isLast()) return;
      this.#searchLate = late;
      if (late && !silent) showHere();
      this.#showNotices();
    });
    if (!isLast()) return;
    this.#searching = false;
    this.#searchLate = false;
    if (answer?.kind === "found") this.#showFound(answer, search, fromTop);
    else if (answer?.kind === "error") this.#fail(`${answer.message} ${answer.next_step}`);
    else showHere();
    this.#showNotices();
  }

  #showFound(answer: FoundMessage, search: GallerySearch, fromTop: boolean): void {
    const { pictures, actions } = this.#state;
    actions.receive(starsOf(answer.items));
    const listing = pictures.receiveFound(answer);
    if (isEverything(search)) this.#all = listing;
    this.#failure = "";
    this.#show(listing, fromTop);
    this.#keepOpened();
    const known = [...this.#marked].filter((key) => pictures.get(key));
    if (known.length < this.#marked.size) this.#unmark();
    setText(this.#heard, this.#count.textContent ?? "");
  }

  /** After a search, what is open stays open, at its new place. */
  #keepOpened(): void {
    const { opened } = this.#pane;
    if (opened === null) return;
    const entries = [...this.#listing.keys];
    const place = entries.find(([, key]) => key === opened.item.key)?.[0] ?? null;
    this.#pane.show({ item: opened.item, place });
  }

  #fail(message: string): void {
    this.#failure = message.trim();
  }

  /** Asks for the words of pictures near the screen that the page does not know, a part at a time. */
  async #read(): Promise<void> {
    const { requests, connection, pictures, actions } = this.#state;
    const { number, keys, count } = this.#listing;
    if (this.#reading || number === null || connection.ended) return;
    const open = this.#pending ?? this.#pane.opened?.place ?? null;
    const [first, last] =
      open === null ? this.#grid.range : [open - NEIGHBOURS, open + NEIGHBOURS + 1];
    const lacks = (place: number) => !keys.has(place);
    const at = range(Math.max(first, 0), Math.min(last, count)).find(lacks);
    if (at === undefined) return;
    // those before it too, where somebody comes from below
    let start = at;
    while (start > 0 && at - start < AROUND && lacks(start - 1)) start -= 1;
    const wanted = Math.min(last + AROUND - start, MOST_READ);
    this.#reading = true;
    const ask = { kind: "read", listing: number, start, count: wanted } as const;
    const answer = await awaited<ItemsMessage>(requests.ask(ask), (late) => {
      this.#readLate = late;
      this.#showNotices();
    });
    this.#reading = false;
    this.#readLate = false;
    if (answer?.kind === "items") {
      actions.receive(starsOf(answer.items));
      pictures.receiveItems(answer);
    } else if (answer?.kind === "error" && this.#listing.number === number) {
      // the search was forgotten, for others that came after it
      await this.#search(false, true);
    }
    this.#showNotices();
  }

  #laidOut(): void {
    window.clearTimeout(this.#wantTimer);
    this.#wantTimer = window.setTimeout(() => {
      void this.#read();
      this.#wantTiles();
    }, SCROLL_MS);
  }

  #wantTiles(): void {
    const { copies } = this.#state;
    const places = this.#pane.opened === null ? this.#grid.near : [];
    const items = places.map((place) => this.#at(place)).filter((item) => item !== undefined);
    const { opened } = this.#pane;
    const shown = opened ? [opened.item.sha256, ...this.#pane.details.linked] : [];
    const wanted = [...shown, ...items.filter((one) => !one.missing).map((one) => one.sha256)];
    const tiles: WantedCopy[] = [...new Set(wanted)].map((sha256) => ({ sha256, copy: "tile" }));
    copies.want(this.#tilesOf, tiles);
  }

  // what the user does

  #openPlace(place: number): void {
    const item = this.#at(place);
    if (item) this.#open({ item, place });
  }

  /** Goes to a place; a picture that the page does not know is asked for, and shown when it comes. */
  #go(place: number): void {
    const item = this.#at(place);
    this.#pending = item ? null : place;
    if (item) this.#open({ item, place });
    else void this.#read();
  }

  /** Shows a picture large, or with null all of them again. */
  #open(opened: Opened | null, choosing = true): void {
    const { connection, pictures } = this.#state;
    const was = this.#pane.opened;
    this.#pending = null;
    if (opened === null) {
      this.#browse.hidden = false;
      this.#pane.show(null);
      const place = was?.place ?? this.#grid.active;
      this.#grid.reveal(place, true);
      this.#grid.refresh();
      return;
    }
    pictures.add(opened.item);
    const had = this.#root.contains(this.#root.ownerDocument.activeElement);
    this.#browse.hidden = true;
    this.#pane.show(opened);
    if (was === null && had) this.#pane.view.stage.focus({ preventScroll: true });
    if (choosing) connection.send({ kind: "choose", view: this.#view, key: opened.item.key });
    void this.#read();
    this.#wantTiles();
  }

  /** Leads to a comparison that was asked for here; one in a form is shown by the form. */
  #enterCompare(): void {
    if (this.#model.get("compare") !== null) this.#compare.enter();
  }

  #focusPictures(): void {
    if (this.#pane.opened === null) this.#grid.reveal(this.#grid.active, true);
    else this.#pane.view.stage.focus({ preventScroll: true });
  }

  #selectionChanged(): void {
    const { item, view } = this.#model.get("_selected");
    if (view === "" && item !== null) {
      const entries = [...this.#listing.keys];
      const place = entries.find(([, key]) => key === item.key)?.[0] ?? null;
      this.#open({ item, place }, false);
    }
    this.#grid.refresh();
  }

  /** Marks the pictures between two places; a single one that is marked already is not any more. */
  #mark(from: number, through: number): void {
    const places = range(Math.min(from, through), Math.max(from, through) + 1);
    const keys = places.map((place) => this.#listing.keys.get(place));
    for (const key of keys) {
      if (key === undefined) continue;
      if (from === through && this.#marked.has(key)) this.#marked.delete(key);
      else this.#marked.add(key);
    }
    this.#forget.reset();
    this.#showChosen();
    this.#grid.refresh();
    setText(this.#heard, fill(this.#words.chosen, { count: String(this.#marked.size) }));
  }

  #unmark(): void {
    this.#marked.clear();
    this.#forget.reset();
    this.#showChosen();
    this.#grid.refresh();
  }

  #showChosen(): void {
    const { pictures } = this.#state;
    const items = [...this.#marked].map((key) => pictures.get(key));
    const chosen = items.filter((item) => item !== undefined);
    this.#chosenBox.hidden = chosen.length === 0;
    const words = this.#words;
    setText(this.#chosenCount, countWords(chosen.length, words.oneChosen, words.manyChosen));
    this.#toolbar.show(chosen);
  }

  /** A key in the grid that does something with what is marked, or else with the tile that has the focus. */
  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.#marked.size > 0) {
      this.#unmark();
    } else {
      const item = this.#at(this.#grid.active);
      if (this.#marked.size === 0 && item && event.key.length === 1) {
        this.#chosenBox.hidden = false;
        setText(this.#chosenCount, "");
        this.#toolbar.show([item]);
      }
      const used = this.#toolbar.key(event);
      if (!used) {
        this.#showChosen();
        return;
      }
    }
    event.preventDefault();
  }
}

function range(first: number, end: number): number[] {
  return Array.from({ length: Math.max(end - first, 0) }, (_, n) => first + n);
}

/** The stars of pictures, as a message of them says it. */
export function starsOf(items: readonly { sha256: string; starred: boolean }[]) {
  const named = (starred: boolean) =>
    items.filter((item) => item.starred === starred && item.sha256).map((item) => item.sha256);
  return { kind: "stars", sequence: 0, starred: named(true), unstarred: named(false) };
}
