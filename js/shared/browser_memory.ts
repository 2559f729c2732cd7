/* Small things that a browser keeps for a page, so that a reload changes nothing. Nothing that pays, no
   secret and no text of the user's belongs there. */

/** `sessionStorage` is that of one tab of the browser, `localStorage` that of all of them. */
type StorageName = "sessionStorage" | "localStorage";

/** What was kept under a key; null if that is nothing. Any script of the page can write there: check it. */
export function remembered(storage: StorageName, key: string): unknown {
  try {
    return JSON.parse(globalThis[storage].getItem(key) ?? "null");
  } catch {
    // blocked, or damaged
    return null;
  }
}

/** Keeps a value, or null for nothing; where the browser keeps nothing, the next page begins anew. */
export function remember(storage: StorageName, key: string, value: unknown): void {
  try {
    if (value === null) globalThis[storage].removeItem(key);
    else globalThis[storage].setItem(key, JSON.stringify(value));
  } catch {
    // full, or forbidden in a private window
  }
}
