/* Ids of elements, requests and pages. */

/** A new id, unique in the page and in the kernel; `crypto.randomUUID` is missing on plain http, where hubs run. */
export function newId(): string {
  return Math.random().toString(36).slice(2);
}
