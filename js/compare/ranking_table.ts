/* The ranking of a blind test, with names and thumbnails: shown once the test has ended. */
import { element } from "../shared/dom";
import { newId } from "../shared/ids";
import type { PictureCopies } from "../shared/picture_copies";
import { fill } from "../shared/words";
import type { BlindRanking, RankedPicture } from "./messages";
import type { Words } from "./words";

/** Beyond, sureness would read as if it were certain. */
const SURE = 0.995;
/** Of two pictures with one score. */
const EVEN = 0.5;

const inPercent = (share: number): string => String(Math.round(share * 100));

export class RankingTable {
  readonly el = element("div", { class: "lumen-ranking" });
  readonly #copies: PictureCopies;
  readonly #words: Words;
  readonly #nameOf: (picture: RankedPicture) => string;
  readonly #view = newId();
  #images: [image: HTMLImageElement, sha256: string][] = [];

  constructor(
    copies: PictureCopies,
    words: Words,
    nameOf: (picture: RankedPicture) => string,
    signal: AbortSignal,
  ) {
    this.#copies = copies;
    this.#words = words;
    this.#nameOf = nameOf;
    copies.listen(() => this.#load(), signal);
    signal.addEventListener("abort", () => copies.forget(this.#view));
  }

  /** Shows a ranking of a test of so many pairs; null shows nothing, and nothing of it stays. */
  show(ranking: BlindRanking | null, pairs: number): void {
    if (ranking === null) {
      this.#images = [];
      this.el.replaceChildren();
      this.#copies.want(this.#view, []);
      return;
    }
    const words = this.#words;
    this.#images = [];
    const counts = { votes: String(ranking.votes), count: String(pairs) };
    const heads = [
      words.placeHead,
      words.pictureHead,
      words.scoreHead,
      words.votesHead,
      words.aboveHead,
    ];
    const head = heads.map((text) => element("th", { scope: "col" }, text));
    this.el.replaceChildren(
      element(
        "table",
        {},
        element("caption", {}, fill(words.rankingOf, counts)),
        element("thead", {}, element("tr", {}, ...head)),
        element("tbody", {}, ...ranking.places.map((one) => this.#row(one))),
      ),
      element("p", {}, ranking.method === "wins" ? words.byWins : words.byModel),
      element("p", {}, words.scoreMeans),
    );
    this.#copies.want(
      this.#view,
      ranking.places.map(({ sha256 }) => ({ sha256, copy: "tile" })),
    );
    this.#load();
  }

  #row(picture: RankedPicture): HTMLTableRowElement {
    const words = this.#words;
    // of some pictures nothing is known that tells them apart
    const number = String(picture.number + 1);
    const called = this.#nameOf(picture);
    const name = called === number ? fill(words.numbered, { number }) : called;
    // its name stands beside it
    const image = element("img", { alt: "", draggable: "false" });
    this.#images.push([image, picture.sha256]);
    const score = { score: inPercent(picture.score), error: inPercent(picture.error) };
    return element(
      "tr",
      {},
      element("td", { class: "lumen-ranking-place" }, String(picture.place)),
      element(
        "th",
        { scope: "row" },
        element(
          "div",
          { class: "lumen-ranking-picture" },
          element("span", { class: "lumen-ranking-thumbnail" }, image),
          element(
            "span",
            { class: "lumen-ranking-name" },
            element("bdi", {}, name),
            ...(picture.alt === "" ? [] : [element("small", { dir: "auto" }, picture.alt)]),
          ),
        ),
      ),
      element("td", { class: "lumen-ranking-score" }, fill(words.score, score)),
      element("td", {}, String(picture.votes)),
      element("td", {}, this.#sureness(picture.above_next)),
    );
  }

  #sureness(share: number | null): string {
    const words = this.#words;
    if (share === null) return "";
    if (share <= EVEN) return words.notSure;
    return share > SURE ? words.verySure : fill(words.sure, { share: inPercent(share) });
  }

  #load(): void {
    for (const [image, sha256] of this.#images) {
      const url = this.#copies.get(sha256, "tile") ?? this.#copies.get(sha256, "display");
      if (url !== undefined && image.getAttribute("src") !== url) image.src = url;
      image.hidden = url === undefined;
    }
  }
}
