/* How a widget chooses the language of its sentences, and fills in their values. */

/** The best of the languages for `language`, a BCP 47 tag such as "zh-TW". */
export function bestLanguage<Words>(language: string, words: { en: Words; zh: Words }): Words {
  return /^zh\b/i.test(language) ? words.zh : words.en;
}

/** Puts `values` where a sentence says `{name}`. */
export function fill(sentence: string, values: Record<string, string>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
