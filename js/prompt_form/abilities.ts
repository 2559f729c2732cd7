/* What the chosen model can do: which call the form makes, and which pictures it accepts. */
import type { FormModel } from "./messages";

export type Endpoint = "generations" | "edits" | "inpaint";

/** What a model can do; null for a code that is not in the list, which is sent as it is. */
export function abilities(models: FormModel[], code: string): Set<string> | null {
  const known = models.find((model) => model.code === code);
  return known === undefined ? null : new Set(known.can);
}

/** The endpoint that the form calls; `repaints`: there is a mask, or new ground. lumen_widgets/widgets/prompt_form/checks.py says the same. */
export function endpointOf(images: number, repaints: boolean, can: Set<string> | null): Endpoint {
  if (repaints) return "inpaint";
  const wanted = images > 0 ? "edits" : "generations";
  if (can !== null && !can.has(wanted) && can.size === 1 && can.has("inpaint")) return "inpaint";
  return wanted;
}

/** The codes of known models that serve an endpoint. */
export function modelsFor(models: FormModel[], endpoint: Endpoint): string[] {
  return models.filter((model) => model.can.includes(endpoint)).map((model) => model.code);
}
