/* How a widget chooses the language of its sentences, and fills in their values. */

/** What stands between the parts of a list. */
/** Why there is no news of a task, and that this passes by itself. */
export const TROUBLE_ENGLISH = {
  trouble:
    "No news at the moment. {reason} The notebook goes on asking by itself, and nothing has to be sent again.",
};
export const TROUBLE_CHINESE: typeof TROUBLE_ENGLISH = {
  trouble: "暂时没有消息。{reason} 笔记本会自动继续查询，无需重新发送。",
};

export const LIST_ENGLISH = {
  listed: ", ",
};
export const LIST_CHINESE: typeof LIST_ENGLISH = {
  listed: "、",
};

/** The best of the languages for `language`, a BCP 47 tag such as "zh-TW". */
export function bestLanguage<Words>(language: string, words: { en: Words; zh: Words }): Words {
  return /^zh\b/i.test(language) ? words.zh : words.en;
}

/** Puts `values` where a sentence says `{name}`. */
export function fill(sentence: string, values: Record<string, string>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

// C0 and C1 controls, and the marks that embed, override or isolate a direction: in a sentence of ours
// they would make it read as another one. lumen_widgets/core/words.py removes the same.
const CONTROLS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Text from outside as one line of at most `most` characters. */
export function shortened(text: string, most: number): string {
  const line = text.replace(/\s+/g, " ").replace(CONTROLS, "").trim();
  const letters = [...line];
  return letters.length <= most ? line : `${letters.slice(0, most - 1).join("")}…`;
}
