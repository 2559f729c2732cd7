/* Pictures as the kernel would tell of them, for tests to vary. */
import type { FirstItems, GalleryItem, GallerySearch } from "../../gallery/messages";

export const EVERY: GallerySearch = {
  text: "",
  model: "",
  size: "",
  since: null,
  until: null,
  starred: false,
};

export function item(number: number, changes: Partial<GalleryItem> = {}): GalleryItem {
  return {
    key: `${number}.0`,
    sha256: `sha of ${number}`,
    width: 64,
    height: 48,
    index: 0,
    count: 1,
    prompt: `picture ${number}`,
    model: "gpt-image-2-low",
    size: "",
    when: 1_790_000_000,
    starred: false,
    missing: false,
    ...changes,
  };
}

/** What a page gets of a gallery with so many pictures, the newest first: some of them. */
export function firstItems(count: number, told = Math.min(count, 60)): FirstItems {
  const items = Array.from({ length: told }, (_, place) => item(count - 1 - place));
  return { listing: 1, count, arrived: 0, sequence: 0, items };
}
