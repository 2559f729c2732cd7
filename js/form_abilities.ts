/* What the chosen model can do, and so which call the form makes and what it may not take. */
import type { FormModel } from "./prompt_form_messages";

export type Endpoint = "generations" | "edits" | "inpaint";

/** What a model can do; null for one that nobody here knows, which is sent as it is. */
export function abilities(models: FormModel[], code: string): Set<string> | null {
  const known = models.find((model) => model.code === code);
  return known === undefined ? null : new Set(known.can);
}

/** The call that the form makes; lumen_widgets/widgets/prompt_form/checks.py says the same. */
export function endpointOf(images: number, mask: boolean, can: Set<string> | null): Endpoint {
  if (mask) return "inpaint";
  const wanted = images > 0 ? "edits" : "generations";
  if (can !== null && !can.has(wanted) && can.size === 1 && can.has("inpaint")) return "inpaint";
  return wanted;
}

/** Known codes that can do it. */
export function able(models: FormModel[], endpoint: Endpoint): string[] {
  return models.filter((model) => model.can.includes(endpoint)).map((model) => model.code);
}
