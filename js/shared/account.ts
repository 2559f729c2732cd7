/* The account that a call is charged to, in words: the sandbox's, or one at a service's host. */
import { fill } from "./words";

export const ACCOUNT_ENGLISH = {
  sandbox: "Sandbox on this machine · previews, nothing is charged",
  service: "{host} · pictures cost credits",
};

export type AccountWords = typeof ACCOUNT_ENGLISH;

export const ACCOUNT_CHINESE: AccountWords = {
  sandbox: "本机沙盒 · 仅为预览，不收费",
  service: "{host} · 出图消耗积分",
};

/** The account at `host`; an empty host is the sandbox. */
export function accountWords(host: string, words: AccountWords): string {
  return host === "" ? words.sandbox : fill(words.service, { host });
}
