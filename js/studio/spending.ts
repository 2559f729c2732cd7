/* What was spent and is left, in words. */
import { isFree } from "../shared/account";
import { numberWords } from "../shared/numbers";
import { fill } from "../shared/words";
import type { Spending } from "./messages";
import type { Words } from "./words";

/** Of what a kernel has spent at `host`; empty where there is nothing to say: the sandbox and a lesson charge nothing. */
export function spendingWords(spending: Spending, host: string, words: Words): string {
  const { spent, left, tasks, tasks_left, unpriced, unknown, refunded } = spending;
  const parts: string[] = [];
  const say = (sentence: string, values: Record<string, number>) => {
    const written = Object.entries(values).map(([name, value]) => [name, numberWords(value)]);
    parts.push(fill(sentence, Object.fromEntries(written)));
  };
  if (left !== null) say(words.spentOf, { spent, left });
  else if (spent > 0 || !isFree(host)) say(words.spent, { spent });
  if (refunded > 0) say(words.refunded, { refunded });
  if (tasks_left !== null) say(words.tasksOf, { tasks, tasks_left });
  if (unpriced > 0 && !isFree(host)) say(words.unpriced, { unpriced });
  if (unknown > 0) say(words.unknown, { unknown });
  return parts.join(" · ");
}
