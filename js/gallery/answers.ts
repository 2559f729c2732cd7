/* What a gallery asks of the kernel, and what becomes of it where the kernel runs a cell meanwhile. */
import type { Requests } from "../shared/requests";
import type { ErrorMessage, GalleryRequest, KernelMessage } from "./messages";

export type Answer = Exclude<KernelMessage, { kind: "news" }>;
export type GalleryRequests = Requests<GalleryRequest, Answer>;

/** A kernel that has not answered after so many milliseconds is busy with a cell. */
export const BUSY_MS = 1500;

/** Resolves with the answer, null if none can come any more; `late` is called with whether it is late, when
    that changes. */
export async function awaited<Expected extends Answer>(
  asked: Promise<Answer | null>,
  late: (isLate: boolean) => void = () => undefined,
): Promise<Expected | ErrorMessage | null> {
  let told = false;
  const timer = window.setTimeout(() => {
    told = true;
    late(true);
  }, BUSY_MS);
  const answer = await asked;
  window.clearTimeout(timer);
  if (told) late(false);
  return answer as Expected | ErrorMessage | null;
}
