/* What a search finds, as the kernel finds it; the page asks this of the pictures that it knows while the
   kernel is busy. */
import type { GalleryItem, GallerySearch } from "./messages";

// models round sides to multiples of 8 or 16: 1360 x 768 is meant as 16:9
const RATIO_TOLERANCE = 0.01;
// as journal/picture_search.py reads it
const SIZE = /^\s*([1-9]\d{0,5})\s*([x×:：＊*])\s*([1-9]\d{0,5})\s*$/i;

export function isEverything(search: GallerySearch): boolean {
  const { text, model, size, since, until, starred } = search;
  return !starred && since === null && until === null && !(text + model + size).trim();
}

/** Whether a size can be looked for; an empty one is no condition. */
export function isSize(size: string): boolean {
  return size.trim() === "" || SIZE.test(size);
}

export function matches(item: GalleryItem, search: GallerySearch, starred: boolean): boolean {
  const prompt = item.prompt.toLowerCase();
  const words = search.text.toLowerCase().split(/\s+/);
  const { when } = item;
  return (
    words.every((word) => prompt.includes(word)) &&
    item.model.toLowerCase().includes(search.model.trim().toLowerCase()) &&
    (search.since === null || (when !== null && when >= search.since)) &&
    (search.until === null || (when !== null && when <= search.until)) &&
    (!search.starred || starred) &&
    hasSize(item, search.size)
  );
}

function hasSize({ width, height }: GalleryItem, size: string): boolean {
  const [, across, sign, down] = SIZE.exec(size) ?? [];
  if (sign === undefined) return size.trim() === "";
  const [wide, high] = [Number(across), Number(down)];
  if (sign === ":" || sign === "：") {
    return Math.abs((width * high) / (height * wide) - 1) <= RATIO_TOLERANCE;
  }
  return width === wide && height === high;
}

/** When a day of a date field begins, or the one after it, in unix seconds; null for an empty field. */
export function dayOf(value: string, after = 0): number | null {
  const [year, month, day] = value.split("-").map(Number);
  if (year === undefined || month === undefined || day === undefined) return null;
  const seconds = new Date(year, month - 1, day + after).getTime() / 1000;
  return Number.isFinite(seconds) ? seconds : null;
}
