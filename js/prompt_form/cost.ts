/* What a submit will cost, and what the budget leaves, in words. The kernel counts by the same rules
   (lumen_widgets/client/spending), and has the last word. */
import { lessonOf } from "../shared/account";
import { numberWords } from "../shared/numbers";
import { fill } from "../shared/words";
import type { FormBudget } from "./messages";
import type { Words } from "./words";

/** What is asked for, as far as it decides what that costs. */
export interface Asked {
  model: string;
  /** Pictures; null where `extra` says something else of n. */
  n: number | null;
}

export interface Cost {
  text: string;
  /** Whether the budget would refuse it. */
  over: boolean;
}

/** What is asked for by the fields; `extra`, as it is typed, goes before them. */
export function asked(model: string, n: string, extra: string): Asked {
  const found: Asked = { model, n: Number(n || 1) };
  let more: unknown;
  try {
    more = JSON.parse(extra || "{}");
  } catch {
    return found;
  }
  if (typeof more !== "object" || more === null || Array.isArray(more)) return found;
  const { model: other, n: count } = more as { model?: unknown; n?: unknown };
  if (typeof other === "string") found.model = other;
  if (count !== undefined)
    found.n = Number.isInteger(count) && Number(count) > 0 ? Number(count) : null;
  return found;
}

/** What it will cost at `host`, whose empty name is the sandbox; of a lesson no budget counts. */
export function costOf(
  { model, n }: Asked,
  host: string,
  prices: Record<string, number>,
  budget: FormBudget | Record<string, never>,
  words: Words,
): Cost {
  if (lessonOf(host) !== null) return { text: words.freeLesson, over: false };
  // a code is any text: "constructor" is a property of every object
  const price = Object.hasOwn(prices, model) ? Number(prices[model]) : null;
  const credits = price === null || n === null ? null : exact(price * n);
  const parts = [
    host === "" ? words.free : price === null ? unpriced(model, words) : words.costSome,
  ];
  if (host !== "" && price !== null && n !== null && credits !== null) {
    const values = {
      credits: numberWords(credits),
      n: String(n),
      price: numberWords(price),
    };
    parts[0] = fill(n === 1 ? words.cost : words.costEach, values);
  }
  const { over, text } = left(credits, host, model, budget, words);
  if (text !== "") parts.push(text);
  return { text: parts.join(" · "), over };
}

function unpriced(model: string, words: Words): string {
  return model.trim() === "" ? words.costSome : fill(words.costUnknown, { model });
}

/** What the budget leaves, or why it would refuse this. */
function left(
  credits: number | null,
  host: string,
  model: string,
  budget: FormBudget | Record<string, never>,
  words: Words,
): Cost {
  const { credits: limit, left: rest, tasks, tasks_left: tasksLeft } = budget;
  const parts: string[] = [];
  if (limit !== null && limit !== undefined) {
    const values = { left: numberWords(rest ?? 0), limit: numberWords(limit) };
    if (credits === null) {
      return { text: fill(words.overUnknown, { code: JSON.stringify(model) }), over: true };
    }
    if (credits > exact(rest ?? 0)) {
      return {
        text: fill(words.overCredits, { ...values, credits: numberWords(credits) }),
        over: true,
      };
    }
    // the sandbox's are not real, and count: so a budget can be tried
    if (host === "") parts.push(fill(words.freeCounts, { credits: numberWords(credits) }));
    parts.push(fill(words.leavesCredits, values));
  }
  if (tasks !== null && tasks !== undefined) {
    const values = { left: String(tasksLeft), limit: String(tasks) };
    if ((tasksLeft ?? 0) <= 0) return { text: fill(words.overTasks, values), over: true };
    parts.push(fill(words.leavesTasks, values));
  }
  return { text: parts.join(" · "), over: false };
}

/** A sum or a product without its rounding errors: three times 0.1 are 0.3. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}
