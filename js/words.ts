/* Every sentence that a widget shows, in each language that it speaks. */

const ENGLISH = {
  tasks: "Lumen tasks",
  queued: "Queued",
  processing: "Processing",
  fetching: "Succeeded, fetching the pictures",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled by the service",
  stopped: "No longer followed",
  elapsed: "Elapsed time",
  thumbnail: "First picture",
  showAgain: "To show its pictures in a cell:",
  announce: "{state}: {prompt}",
};

export type Words = typeof ENGLISH;

const CHINESE: Words = {
  tasks: "Lumen 任务",
  queued: "排队中",
  processing: "处理中",
  fetching: "已成功，正在取回图片",
  succeeded: "已成功",
  failed: "失败",
  cancelled: "已被服务取消",
  stopped: "不再跟踪",
  elapsed: "已用时间",
  thumbnail: "第一张图片",
  showAgain: "要在单元格中显示图片：",
  announce: "{state}：{prompt}",
};

/** The words of the best language for `language`, a BCP 47 tag such as "zh-TW". */
export function wordsFor(language: string): Words {
  return /^zh\b/i.test(language) ? CHINESE : ENGLISH;
}

/** Puts `values` where a sentence says `{name}`. */
export function fill(sentence: string, values: Record<string, string>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
