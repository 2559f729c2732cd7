/* A comparison as a page gets it. */
import type { ComparedPicture, CompareModel } from "../../compare/messages";

export function compared(place: number, changes: Partial<ComparedPicture> = {}): ComparedPicture {
  return {
    sha256: `sha of ${place}`,
    width: 800,
    height: 600,
    bytes: 1000,
    name: `picture ${place}`,
    relation: "",
    alt: "",
    place: { left: 0, top: 0, width: 800, height: 600 },
    ...changes,
  };
}

export function comparison(count: number, changes: Partial<CompareModel> = {}) {
  return {
    mode: "slider",
    left: 0,
    right: 1,
    language: "en",
    _blind: false,
    _compared: Array.from({ length: count }, (_, place) => compared(place)),
    _frame: { width: 800, height: 600 },
    ...changes,
  } as CompareModel & Record<string, unknown>;
}
