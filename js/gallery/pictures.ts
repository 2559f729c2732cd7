/* What a page knows of a gallery's pictures: those of the first screen, and those that a view came near. One
   for each model, shared by its views; each view has a listing, which is what its search found. */
import type {
  FirstItems,
  FoundMessage,
  GalleryItem,
  GallerySearch,
  ItemsMessage,
} from "./messages";
import { matches } from "./search";

/** The pictures that a view shows, in order; of many it knows some. */
export interface Listing {
  /** The kernel's number of it; null for what the page found alone. */
  readonly number: number | null;
  readonly count: number;
  /** How many pictures the gallery has in all. */
  readonly total: number;
  /** How many had come before it, as in a news message. */
  readonly arrived: number;
  /** The keys of those that the page knows, by their places. */
  readonly keys: Map<number, string>;
}

export class GalleryPictures {
  readonly #items = new Map<string, GalleryItem>();
  readonly #listings = new Map<number, Listing>();
  readonly #listeners = new Set<() => void>();
  /** How many pictures have come since the gallery was made, as far as this page was told. */
  #arrived: number;

  /** All pictures, as they were when the page was loaded. */
  readonly first: Listing;

  constructor({ listing, count, arrived, items }: FirstItems) {
    this.#arrived = arrived;
    this.first = { number: listing, count, total: count, arrived, keys: new Map() };
    this.#listings.set(listing, this.first);
    this.#merge(listing, 0, items);
  }

  get(key: string | undefined): GalleryItem | undefined {
    return key === undefined ? undefined : this.#items.get(key);
  }

  get arrived(): number {
    return this.#arrived;
  }

  /** Every picture that the page knows. */
  get known(): GalleryItem[] {
    return [...this.#items.values()];
  }

  receiveArrived(arrived: number): void {
    this.#arrived = Math.max(this.#arrived, arrived);
    this.#notify();
  }

  /** Takes in what a search found, and returns it. */
  receiveFound({ listing, count, total, arrived, items }: FoundMessage): Listing {
    const found: Listing = { number: listing, count, total, arrived, keys: new Map() };
    this.#listings.set(listing, found);
    this.#merge(listing, 0, items);
    return found;
  }

  receiveItems({ listing, start, items }: ItemsMessage): void {
    this.#merge(listing, start, items);
  }

  /** Takes in a picture that is in no listing, such as one that another was made from. */
  add(item: GalleryItem): void {
    if (!this.#items.has(item.key)) this.#items.set(item.key, item);
  }

  /** Forgets a listing that no view shows any more. */
  release({ number }: Listing): void {
    if (number !== null && number !== this.first.number) this.#listings.delete(number);
  }

  /** What a search finds among the pictures that the page knows, in the order of a listing of all. */
  foundHere(search: GallerySearch, base: Listing, isStarred: (sha256: string) => boolean): Listing {
    const places = [...base.keys].sort(([one], [other]) => one - other);
    const all = new Set([...places.map(([, key]) => key), ...this.#items.keys()]);
    const found = [...all].filter((key) => {
      const item = this.#items.get(key);
      return item !== undefined && matches(item, search, isStarred(item.sha256));
    });
    const keys = new Map(found.map((key, place) => [place, key]));
    return { number: null, count: found.length, total: base.total, arrived: base.arrived, keys };
  }

  /** Calls `listener` when the page knows more, until `signal` aborts. */
  listen(listener: () => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  #merge(number: number, start: number, items: GalleryItem[]): void {
    const listing = this.#listings.get(number);
    for (const [n, item] of items.entries()) {
      this.#items.set(item.key, item);
      listing?.keys.set(start + n, item.key);
    }
    this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
