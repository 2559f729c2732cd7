/* What can be done with a picture that a widget shows: the requests, and a toolbar of buttons. The Python
   side of it is lumen_widgets/widgets/picture_actions.py, and a test holds the messages alike. */
import type { Connection } from "./connection";
import { COPY_CHINESE, COPY_ENGLISH, CopyButton } from "./copy_button";
import { element, icon, setText } from "./dom";
import { newId } from "./ids";
import { isModified } from "./keyboard";
import { Requests } from "./requests";
import { fill } from "./words";

export type Action =
  | "reference"
  | "paint"
  | "extend"
  | "again"
  | "recall"
  | "compare"
  | "code"
  | "save"
  | "star"
  | "unstar";

/** Browser → kernel: do this with these pictures. */
export interface PictureActionMessage {
  kind: "picture_action";
  request: string;
  action: Action;
  sha256: string[];
  /** The number of the newest answer that the page has had. */
  seen: number;
  /** Who charges for it, as the page says it; null where it says nothing of that. */
  host: string | null;
}

/** Kernel → browser: what came of an action; with an error, nothing was done. */
export interface PictureActedMessage {
  kind: "picture_acted";
  request: string;
  sequence: number;
  action: Action;
  sha256: string[];
  /** Whether it was done before: then nothing was done this time. */
  repeated: boolean;
  /** The name of the form in which it was done. */
  target: string;
  /** Of the files that were written, or were there already. */
  paths: string[];
  /** The call that made it, as code. */
  python: string;
  curl: string;
  /** Empty if all is well. */
  error: string;
  next_step: string;
}

/** Kernel → browser: which pictures have a star, and which have none any more. */
export interface StarsMessage {
  kind: "stars";
  /** Of the newest answer. */
  sequence: number;
  starred: string[];
  unstarred: string[];
}

export const PICTURE_ACTIONS_ENGLISH = {
  ...COPY_ENGLISH,
  actions: "What to do with this picture",
  actionsOf: "What to do with {count} pictures",
  actReference: "Use as reference",
  actPaint: "Paint…",
  actExtend: "Extend…",
  actAgain: "The same again",
  actAgainCost: "The same again · {price}",
  actFree: "free",
  actRecall: "Bring its settings back…",
  actCompare: "Compare…",
  actBlind: "Blind test of {count}…",
  actCode: "As code",
  actSave: "Save",
  actStar: "Star",
  doneReference: "Added to the form's reference pictures.",
  donePaint: "The form has it open, ready to be painted on.",
  doneExtend: "The form has it, ready to be extended.",
  doneAgain: "Sent again: it is in the form's list.",
  doneRecall: "The form shows what would change.",
  doneCompare: "Opened to be compared.",
  compareClose: "Close the comparison",
  doneCode: "The call that made it:",
  copyCode: "Copy the {name}",
  closeCode: "Close the code",
  doneSave: "Saved: {paths}",
  doneStar: "Starred.",
  doneUnstar: "The star is gone.",
  againRepeated:
    "Not sent again: it was sent once already, which this page had not heard of. To pay for another one, press it once more.",
  actionBusy: "Waits for the notebook, which may be running a cell…",
  actionLost: "The kernel is gone: nothing was done.",
};

export type PictureActionWords = typeof PICTURE_ACTIONS_ENGLISH;

export const PICTURE_ACTIONS_CHINESE: PictureActionWords = {
  ...COPY_CHINESE,
  actions: "对这张图片的操作",
  actionsOf: "对 {count} 张图片的操作",
  actReference: "用作参考图",
  actPaint: "涂抹…",
  actExtend: "扩展画面…",
  actAgain: "同样再来一次",
  actAgainCost: "同样再来一次 · {price}",
  actFree: "免费",
  actRecall: "取回它的设置…",
  actCompare: "对比…",
  actBlind: "{count} 张盲测…",
  actCode: "生成代码",
  actSave: "保存",
  actStar: "收藏",
  doneReference: "已加入表单的参考图片。",
  donePaint: "已在表单中打开，可以涂抹了。",
  doneExtend: "已放入表单，可以扩展了。",
  doneAgain: "已再次发送：见表单的列表。",
  doneRecall: "表单显示了将要更改的内容。",
  doneCompare: "已打开对比。",
  compareClose: "关闭对比",
  doneCode: "生成这张图片的调用：",
  copyCode: "复制 {name}",
  closeCode: "收起代码",
  doneSave: "已保存：{paths}",
  doneStar: "已收藏。",
  doneUnstar: "已取消收藏。",
  againRepeated: "没有再次发送：之前已发送过一次，只是此页面不知道。如需另付一次，请再按一次。",
  actionBusy: "正在等待笔记本，它可能正在运行单元格…",
  actionLost: "内核已不在：未执行任何操作。",
};

/** Translations of what the kernel refuses. */
const CHINESE_REFUSALS: Record<string, string> = {
  "There is no form for it.": "没有可用的表单。请在单元格中运行 lumen.PromptForm()，然后再选择。",
  "The picture is not here any more: its file is gone, or was changed.":
    "图片已不在这里：文件不见了，或已被更改。",
  "Stars are kept in the journal, and this account has none.":
    "收藏保存在日志中，而此账户没有日志。",
  "It is not known how this picture was made: it is in no journal here.":
    "不知道这张图片是如何生成的：这里的日志中没有它。",
  "Nothing was sent: the form that was used last is another one by now.":
    "未发送：最近使用的表单已换成另一个。请看按钮上的价格，再按一次。",
  "What this picture was made with is not known here.": "不知道这张图片是用什么生成的。",
  "A form takes 16 pictures at most.": "一个表单最多 16 张图片。",
  "There is nothing to compare this picture with: it stands alone.":
    "没有可与这张图片对比的图片。请选择两到四张：在图库中用空格键标记。",
  "A blind test takes 32 pictures at most.": "盲测最多 32 张图片。请少选一些。",
  "The blind test that is open has votes, which would be gone.":
    "打开着的盲测已有投票，换掉它会丢失投票。请先关闭它。",
};

/** Milliseconds after which it is said that an answer waits for the kernel. */
const BUSY_MS = 1000;

type Answer = PictureActedMessage | null;

/** The actions of one model's pictures, shared by its views. */
export class PictureActions {
  readonly connection: Connection;
  readonly #requests: Requests<PictureActionMessage, PictureActedMessage>;
  readonly #starred = new Set<string>();
  readonly #listeners = new Set<() => void>();
  /** Those that pay and were not answered: a second click is no second one. */
  readonly #paying = new Map<string, Promise<Answer>>();
  #seen = 0;
  readonly #begun: (action: Action, answer: Promise<Answer>) => void;

  /** `begun` is called with each action that is asked for. */
  constructor(
    connection: Connection,
    begun: (action: Action, answer: Promise<Answer>) => void = () => {},
  ) {
    this.connection = connection;
    this.#begun = begun;
    this.#requests = new Requests(connection);
  }

  /** Does something with pictures; resolves with null once no answer can come any more. `host` is who the
      page says charges for it: another form's account pays nothing. */
  act(action: Action, sha256: string[], host: string | null): Promise<Answer> {
    const [first] = sha256;
    const pending = action === "again" && first !== undefined ? this.#paying.get(first) : undefined;
    if (pending !== undefined) return pending;
    const asked = this.#requests.ask({
      kind: "picture_action",
      action,
      sha256,
      seen: this.#seen,
      host,
    });
    this.#begun(action, asked);
    if (action === "again" && first !== undefined) {
      this.#paying.set(first, asked);
      void asked.then(() => this.#paying.delete(first));
    }
    return asked;
  }

  isStarred(sha256: string): boolean {
    return this.#starred.has(sha256);
  }

  /** Takes a message of the kernel; returns whether it was one of these. */
  receive(message: { kind: string }): boolean {
    if (message.kind === "picture_acted") {
      const answer = message as PictureActedMessage;
      this.#seen = Math.max(this.#seen, answer.sequence);
      this.#requests.answer(answer.request, answer);
    } else if (message.kind === "stars") {
      const stars = message as StarsMessage;
      this.#seen = Math.max(this.#seen, stars.sequence);
      for (const one of stars.starred) this.#starred.add(one);
      for (const one of stars.unstarred) this.#starred.delete(one);
      for (const listener of [...this.#listeners]) listener();
    } else return false;
    return true;
  }

  /** Calls `listener` when stars change, until `signal` aborts. */
  listen(listener: () => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }
}

type Label =
  | "actReference"
  | "actPaint"
  | "actExtend"
  | "actAgain"
  | "actRecall"
  | "actCompare"
  | "actCode"
  | "actSave"
  | "actStar";
type Drawn = [Action, Label, string, string[]];

/** Each button: its action, its words, the key that does the same in a list of pictures (none for what
    pays), and its icon. */
const BUTTONS: Drawn[] = [
  ["reference", "actReference", "r", ["M2 3h9v8H2z", "M2 9l3-3 3 3", "M13 7v7", "M10.5 11.5h5"]],
  [
    "paint",
    "actPaint",
    "p",
    ["M3 13c2 0 3-.5 3-2a1.6 1.6 0 0 0-3-.3C2.6 12 2.5 13 1.5 13z", "M6 9l7-7"],
  ],
  ["extend", "actExtend", "e", ["M5 5h6v6H5z", "M8 1v2", "M8 13v2", "M1 8h2", "M13 8h2"]],
  ["again", "actAgain", "", ["M13 8a5 5 0 1 1-1.5-3.5", "M13 2v3h-3"]],
  ["recall", "actRecall", "b", ["M6 3L2 7l4 4", "M2 7h8a4 4 0 0 1 0 7H7"]],
  ["compare", "actCompare", "v", ["M2 3h5v10H2z", "M9 3h5v10H9z"]],
  ["code", "actCode", "c", ["M5.5 4.5L2 8l3.5 3.5", "M10.5 4.5L14 8l-3.5 3.5"]],
  ["save", "actSave", "s", ["M8 2v8", "M4.5 7L8 10.5 11.5 7", "M2 13h12"]],
  ["star", "actStar", "*", ["M8 1.8l1.9 4 4.3.5-3.2 3 .9 4.3L8 11.5l-3.9 2.1.9-4.3-3.2-3 4.3-.5z"]],
];
/** Keys that mean the same as another: M, for the mask. */
const ALIASES: Record<string, string> = { m: "p" };
const SEVERAL = new Set<Action>(["reference", "compare", "save", "star"]);
/** Pictures that are compared at once; more are put to a blind test. */
const MOST_COMPARED = 4;

/** A picture that a toolbar is for. */
export interface Chosen {
  sha256: string;
}

/** What a widget adds to its toolbar. */
export interface ToolbarOptions {
  /** What the same again costs, in words; empty where that is not known. */
  price: (sha256: string) => string;
  /** Who charges for it; empty for the sandbox, null where no form is known that would send it. */
  host: () => string | null;
  /** Called with what came of an action. */
  acted?: (answer: PictureActedMessage) => void;
  /** Called before an action is asked for: what was typed is then sent first. */
  before?: () => void;
  /** Buttons of the widget's own, after the others. */
  more?: HTMLButtonElement[];
  /** Actions that this widget does not have. */
  without?: Action[];
}

export class PictureToolbar {
  readonly el: HTMLElement;
  readonly #bar = element("div", { class: "lumen-actions", role: "toolbar" });
  readonly #status = element("p", { class: "lumen-actions-state", role: "status" });
  readonly #code = element("div", { class: "lumen-actions-code", hidden: "" });
  readonly #buttons = new Map<Action, HTMLButtonElement>();
  readonly #all: HTMLButtonElement[];
  readonly #actions: PictureActions;
  readonly #words: PictureActionWords;
  readonly #options: ToolbarOptions;
  #chosen: Chosen[] = [];
  #latest = "";

  constructor(
    actions: PictureActions,
    words: PictureActionWords,
    options: ToolbarOptions,
    signal: AbortSignal,
  ) {
    this.#actions = actions;
    this.#words = words;
    this.#options = options;
    for (const [action, label, key, paths] of BUTTONS) {
      if (options.without?.includes(action)) continue;
      const made = element("button", { type: "button", class: "lumen-button" });
      made.append(icon(...paths), element("span", {}, words[label]));
      if (key !== "") made.setAttribute("aria-keyshortcuts", key.toUpperCase());
      made.addEventListener("click", () => void this.#run(action));
      this.#buttons.set(action, made);
    }
    this.#all = [...this.#buttons.values(), ...(options.more ?? [])];
    this.#bar.append(...this.#all);
    this.#bar.addEventListener("keydown", (event) => this.#move(event));
    this.el = element(
      "div",
      { class: "lumen-actions-box", hidden: "" },
      this.#bar,
      this.#status,
      this.#code,
    );
    actions.listen(() => this.#update(), signal);
    actions.connection.listen(() => this.#update(), signal);
    this.#reach(this.#all[0]);
  }

  /** Shows the actions for these pictures; for none it is hidden. */
  show(chosen: Chosen[]): void {
    const same = JSON.stringify(chosen.map(({ sha256 }) => sha256));
    const before = JSON.stringify(this.#chosen.map(({ sha256 }) => sha256));
    this.#chosen = chosen;
    if (same !== before) {
      this.#say("", newId());
      this.#showCode("", "");
    }
    this.#update();
  }

  /** Does what a key means in a list of pictures; returns whether it means anything. */
  key(event: KeyboardEvent): boolean {
    if (isModified(event) || event.repeat) return false;
    const typed = event.key.toLowerCase();
    const pressed = ALIASES[typed] ?? typed;
    const found = BUTTONS.find(([action, , key]) => key === pressed && this.#buttons.has(action));
    if (found === undefined) return false;
    void this.#run(found[0]);
    return true;
  }

  #update(): void {
    const words = this.#words;
    const { length } = this.#chosen;
    this.el.hidden = length === 0;
    const label = length > 1 ? fill(words.actionsOf, { count: String(length) }) : words.actions;
    this.#bar.setAttribute("aria-label", label);
    const all = length > 0 && this.#chosen.every(({ sha256 }) => this.#actions.isStarred(sha256));
    const { ended } = this.#actions.connection;
    for (const [action, made] of this.#buttons) {
      // not `disabled`, which would take the focus away
      const cannot = ended || (length > 1 && !SEVERAL.has(action));
      made.setAttribute("aria-disabled", String(cannot));
      if (action === "star") made.setAttribute("aria-pressed", String(all));
    }
    const compare = this.#buttons.get("compare")?.querySelector("span");
    const blind = fill(words.actBlind, { count: String(length) });
    if (compare) setText(compare, length > MOST_COMPARED ? blind : words.actCompare);
    const again = this.#buttons.get("again")?.querySelector("span");
    if (!again) return;
    const price = this.#options.price(this.#chosen[0]?.sha256 ?? "");
    setText(again, price === "" ? words.actAgain : fill(words.actAgainCost, { price }));
  }

  async #run(pressed: Action): Promise<void> {
    const made = this.#buttons.get(pressed);
    if (this.#chosen.length === 0 || made?.getAttribute("aria-disabled") === "true") return;
    const sha256 = this.#chosen.map((one) => one.sha256);
    const starred = made?.getAttribute("aria-pressed") === "true";
    const action = pressed === "star" && starred ? "unstar" : pressed;
    const mark = newId();
    this.#say("", mark);
    this.#options.before?.();
    const timer = window.setTimeout(() => this.#say(this.#words.actionBusy, mark), BUSY_MS);
    const answer = await this.#actions.act(action, sha256, this.#options.host());
    window.clearTimeout(timer);
    this.#say(this.#wordsFor(answer), mark);
    if (answer === null) return;
    const shown = this.#chosen.map((one) => one.sha256);
    if (action === "code" && shown.join() === sha256.join())
      this.#showCode(answer.python, answer.curl);
    this.#options.acted?.(answer);
  }

  /** Shows code, each with a button that copies it; none takes it away. */
  #showCode(python: string, curl: string): void {
    const words = this.#words;
    this.#code.hidden = python === "";
    if (python === "") {
      this.#code.replaceChildren();
      return;
    }
    const parts = [
      ["Python", python],
      ["curl", curl],
    ].flatMap(([name = "", text = ""]) => {
      const copy = new CopyButton(fill(words.copyCode, { name }), words);
      copy.text = text;
      const code = element("code", { translate: "no", lang: "" }, text);
      return [
        element("p", {}, element("b", {}, name), " ", copy.el),
        element("pre", { dir: "ltr", tabindex: "0", role: "group", "aria-label": name }, code),
      ];
    });
    const close = element("button", { type: "button", class: "lumen-button" }, words.closeCode);
    close.addEventListener("click", () => {
      this.#showCode("", "");
      this.#say("", newId());
      this.#buttons.get("code")?.focus();
    });
    this.#code.replaceChildren(...parts, close);
  }

  #wordsFor(answer: Answer): string {
    const words = this.#words;
    if (answer === null) return words.actionLost;
    if (answer.error !== "") {
      const chinese = words.actStar === PICTURE_ACTIONS_CHINESE.actStar;
      const translated = chinese ? CHINESE_REFUSALS[answer.error] : undefined;
      return translated ?? `${answer.error} ${answer.next_step}`.trim();
    }
    if (answer.repeated) return words.againRepeated;
    const done: Record<Action, string> = {
      reference: words.doneReference,
      paint: words.donePaint,
      extend: words.doneExtend,
      again: words.doneAgain,
      recall: words.doneRecall,
      compare: words.doneCompare,
      code: words.doneCode,
      save: fill(words.doneSave, { paths: answer.paths.join(", ") }),
      star: words.doneStar,
      unstar: words.doneUnstar,
    };
    return done[answer.action];
  }

  /** Says something of the action `mark`, unless another one was begun since. */
  #say(text: string, mark: string): void {
    if (text === "") this.#latest = mark;
    if (this.#latest === mark) setText(this.#status, text);
  }

  /** One button at a time can be reached by Tab; arrows lead to the others. */
  #reach(made: HTMLButtonElement | undefined): void {
    for (const one of this.#all) one.tabIndex = one === made ? 0 : -1;
  }

  #move(event: KeyboardEvent): void {
    if (isModified(event) || !(event.target instanceof HTMLButtonElement)) return;
    const { length } = this.#all;
    const at = this.#all.indexOf(event.target);
    const rtl = getComputedStyle(this.#bar).direction === "rtl" ? -1 : 1;
    const steps: Record<string, number> = {
      ArrowRight: at + rtl,
      ArrowLeft: at - rtl,
      Home: 0,
      End: length - 1,
    };
    const to = steps[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = this.#all[(to + length) % length];
    this.#reach(next);
    next?.focus();
  }
}
