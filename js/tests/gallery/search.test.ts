import { expect, test } from "vitest";
import type { GalleryItem, GallerySearch } from "../../gallery/messages";
import { dayOf, isEverything, isSize, matches } from "../../gallery/search";
import { EVERY, item } from "./item";

const found = (search: Partial<GallerySearch>, changes: Partial<GalleryItem> = {}, star = false) =>
  matches(item(1, changes), { ...EVERY, ...search }, star);

test("words are found in any order, in upper or lower case", () => {
  expect(found({ text: " FOX  red" }, { prompt: "A red fox" })).toBe(true);
  expect(found({ text: "fox blue" }, { prompt: "a red fox" })).toBe(false);
});

test("a size is exact pixels, or a ratio within one in a hundred", () => {
  const wide = { width: 1360, height: 768 };
  expect(found({ size: "16:9" }, wide)).toBe(true);
  expect(found({ size: "1360 × 768" }, wide)).toBe(true);
  expect(found({ size: "768x1360" }, wide)).toBe(false);
  expect(found({ size: "4:3" }, wide)).toBe(false);
  expect([isSize("16:9"), isSize(""), isSize("large")]).toEqual([true, true, false]);
});

test("a day begins and ends where the user is", () => {
  const noon = new Date(2026, 2, 1, 12).getTime() / 1000;
  const [since, until] = [dayOf("2026-03-01"), dayOf("2026-03-01", 1)];
  expect(found({ since, until }, { when: noon })).toBe(true);
  expect(found({ since: until }, { when: noon })).toBe(false);
  expect(found({ since }, { when: null })).toBe(false);
  expect(dayOf("")).toBe(null);
});

test("starred ones are found by the star that they have now", () => {
  expect(found({ starred: true }, { starred: true }, false)).toBe(false);
  expect(found({ starred: true }, {}, true)).toBe(true);
  expect(isEverything(EVERY)).toBe(true);
  expect(isEverything({ ...EVERY, starred: true })).toBe(false);
});
