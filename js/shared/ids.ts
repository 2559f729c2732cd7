/* Ids of elements, requests and pages. */

/** A new id, unique everywhere: that of a submit is written into the journal. `crypto.randomUUID` is
    missing on plain http, where hubs run. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
