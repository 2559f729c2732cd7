/* The account that a call is charged to, in words: the sandbox's, a lesson's, or one at a service's host. */
import { fill } from "./words";

export const ACCOUNT_ENGLISH = {
  sandbox: "Sandbox on this machine · previews, nothing is charged",
  lesson: "Lesson {lesson} · nothing is charged",
  lessonOthers: "Lesson {lesson}, the sandbox draws others · nothing is charged",
  service: "{host} · pictures cost credits",
};

export type AccountWords = typeof ACCOUNT_ENGLISH;

export const ACCOUNT_CHINESE: AccountWords = {
  sandbox: "本机沙盒 · 仅为预览，不收费",
  lesson: "课程 {lesson} · 不收费",
  lessonOthers: "课程 {lesson}，其余由沙盒绘制 · 不收费",
  service: "{host} · 出图消耗积分",
};

// As lumen_widgets/widgets/tasks.py writes it: no host has a slash in its name.
const LESSON = /^lesson(\+sandbox)?\/(.*)$/s;

/** The account at `host`; an empty host is the sandbox, and `lesson/…` the lesson of that name. */
export function accountWords(host: string, words: AccountWords): string {
  const lesson = lessonOf(host);
  if (lesson !== null) {
    return fill(host.startsWith("lesson/") ? words.lesson : words.lessonOthers, { lesson });
  }
  return host === "" ? words.sandbox : fill(words.service, { host });
}

/** The name of the lesson at a host; null for any other account. */
export function lessonOf(host: string): string | null {
  return LESSON.exec(host)?.[2] ?? null;
}

/** Whether nothing that is asked for at a host is paid with real credits. */
export function isFree(host: string): boolean {
  return host === "" || lessonOf(host) !== null;
}
