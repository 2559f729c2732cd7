/* Counts in words. */
import { fill } from "../shared/words";

/** One or many of something, as `one` and `many` say; a large number has its thousands apart. */
export function countWords(count: number, one: string, many: string): string {
  return count === 1 ? one : fill(many, { count: grouped(count) });
}

export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
