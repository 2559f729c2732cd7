/* Ids of elements, requests and pages. */

/** An id that no other has; `crypto.randomUUID` is missing on plain http, where hubs run. */
export function newId(): string {
  return Math.random().toString(36).slice(2);
}
