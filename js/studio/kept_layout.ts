/* How a Studio was laid out, kept in the browser: for this tab of it which part was in view and how wide
   the form was, so that a reload changes nothing; for the next Studio how wide the form was last. */

import { remember, remembered } from "../shared/browser_memory";

const PREFIX = "lumen-studio";

/** What is kept of one Studio. */
export interface Layout {
  /** The part that is in view beside the form. */
  part: string;
  /** Whether the form is in view where there is room for one part only. */
  isFormInFront: boolean;
  /** The form's share of the width, 0 to 1; null as long as nobody has moved the border. */
  share: number | null;
}

function asShare(value: unknown): number | null {
  return typeof value === "number" && value > 0 && value < 1 ? value : null;
}

/** The layout of the Studio with this id, or what a new one begins with. */
export function keptLayout(id: string): Layout {
  const kept = remembered("sessionStorage", `${PREFIX}:${id}`) as Partial<Layout> | null;
  const { part, isFormInFront, share } = kept ?? {};
  return {
    part: typeof part === "string" ? part : "results",
    isFormInFront: isFormInFront !== false,
    share:
      asShare(share) ??
      (kept === null ? asShare(remembered("localStorage", `${PREFIX}-share`)) : null),
  };
}

export function keepLayout(id: string, layout: Layout): void {
  remember("sessionStorage", `${PREFIX}:${id}`, layout);
  remember("localStorage", `${PREFIX}-share`, layout.share);
}
