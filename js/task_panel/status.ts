/* The status of a task for a reader: words, icon and tone; its cost, its time and its pictures in words. */

import { isFree } from "../shared/account";
import { numberWords } from "../shared/numbers";
import { fill } from "../shared/words";
import type { KnownRow } from "./rows";
import type { Words } from "./words";

export type Tone = "waiting" | "running" | "good" | "bad" | "open";

const CIRCLE = "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2";

/** Paths of a 16 × 16 icon; each tone has its own shape, since colour alone is not accessible. */
export const ICONS: Record<Tone, string[]> = {
  waiting: [CIRCLE, "M8 5v3l2 2"],
  running: ["M8 2a6 6 0 1 1-6 6"],
  good: [CIRCLE, "M5.5 8.2l1.8 1.8 3.2-3.8"],
  bad: [CIRCLE, "M6 6l4 4", "M10 6l-4 4"],
  open: [CIRCLE, "M6.3 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.9.7-.9 1.2", "M8 11.2v.1"],
};

export function toneOf(row: KnownRow): Tone {
  if (row.status === "unknown" || (row.actions.includes("watch") && row.error === null)) {
    return "open";
  }
  if (row.error !== null) return "bad";
  // nothing turns while nothing is heard
  if (row.running) return isHeardOf(row) ? "running" : "waiting";
  return row.status === "succeeded" ? "good" : "bad";
}

/** How a task can end that an error is about; of any other status the error is that pictures are missing. */
const WITHOUT_PICTURES = new Set(["failed", "cancelled", "refused", "unknown"]);

/** Whether a row tells of pictures that are missing, of a task that did not fail. */
function isIncomplete(row: KnownRow): boolean {
  return row.error !== null && !row.running && !WITHOUT_PICTURES.has(row.status);
}

/** The status of a row in words; one that is not known here is shown as the service sends it. */
export function statusWords(row: KnownRow, words: Words): string {
  if (row.status === "succeeded" && row.running) return words.fetching;
  // the task may still run, but its status is not polled
  if (!row.running && row.actions.includes("watch") && row.status !== "succeeded") {
    return words.unwatched;
  }
  // a cross stands beside it
  if (isIncomplete(row)) {
    const pictures = pictureWords(row.arrived, words);
    return pictures === "" ? words.noPictures : fill(words.onlySome, { pictures });
  }
  const known: Record<string, string> = {
    sending: words.sending,
    queued: words.queued,
    processing: words.processing,
    succeeded: words.succeeded,
    failed: words.failed,
    cancelled: words.cancelled,
    refused: words.refused,
    unknown: words.unknown,
  };
  return known[row.status] ?? row.status;
}

function isHeardOf(row: KnownRow): boolean {
  return row.trouble === "" && !["sending", "queued"].includes(row.status);
}

/** Why there is no news of a task at the moment, and that this passes by itself. */
export function troubleWords(row: KnownRow, words: Words): string {
  return row.trouble === "" ? "" : fill(words.trouble, { reason: row.trouble });
}

/** The status of a row as it is announced: of an outage that it began and that it is over. */
export function heardWords(row: KnownRow, words: Words): string {
  return row.trouble === "" ? statusWords(row, words) : words.troubleHeard;
}

/** Minutes and seconds, as in 1:05. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** How long a task has taken so far, or took: to a tenth of a second where that tells more. */
export function elapsedWords(row: KnownRow, elapsed: number | null, words: Words): string {
  if (elapsed === null) return "";
  // from there on a tenth would be rounded to ten seconds
  if (row.running || elapsed >= 9.95) return clockTime(elapsed);
  return fill(words.seconds, { seconds: elapsed.toFixed(1) });
}

/** How long similar tasks took, marked as an estimate. */
export function estimateWords(row: KnownRow, words: Words): string {
  if (row.usual === null || !row.running) return "";
  return fill(words.usual, { seconds: String(Math.max(1, Math.round(row.usual))) });
}

/** Whether credits were charged or refunded, with the amount where it is known. */
export function chargeWords(row: KnownRow, words: Words): string {
  const amount = row.credits === null ? null : { credits: numberWords(row.credits) };
  const real = !isFree(row.host);
  switch (row.charge) {
    case "charged":
      // the panel's header already says that a sandbox or a lesson charges nothing
      if (!real) return "";
      return amount ? fill(words.charged, amount) : words.chargedSome;
    case "refunded":
      if (!real) return words.refundedSandbox;
      return amount ? fill(words.refunded, amount) : words.refundedSome;
    case "unknown":
      return real ? words.chargeUnknown : "";
    case "none":
      return words.chargeNone;
    case "pending":
      return "";
  }
}

/** How many pictures of a row arrived, where its status does not say so. */
export function arrivedWords(row: KnownRow, words: Words): string {
  return isIncomplete(row) ? "" : pictureWords(row.arrived, words);
}

export function pictureWords(count: number, words: Words): string {
  if (count === 0) return "";
  return count === 1 ? words.picture : fill(words.pictures, { count: numberWords(count) });
}

/** How much of the picture is repainted; a small share is not rounded to 0 %, nor a large one to 100 %. */
export function repaintWords(share: number | null, words: Words): string {
  if (share === null) return "";
  if (share >= 1) return words.repaintsAll;
  if (share < 0.001) return words.repaintsLittle;
  return fill(words.repaints, { percent: String(Math.min(Math.round(share * 1000) / 10, 99.9)) });
}
