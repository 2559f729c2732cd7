/* One view of a task panel: header, toolbar, list and announcements. */
import type { AnyModel } from "@anywidget/types";
import { accountWords } from "../shared/account";
import { element } from "../shared/dom";
import { oneActionPerGesture } from "../shared/gestures";
import { keepKeys } from "../shared/keyboard";
import { numberWords } from "../shared/numbers";
import { fill } from "../shared/words";
import { Announcer } from "./announcer";
import type { PanelRequests } from "./answers";
import { TaskList } from "./list";
import type { TaskPanelModel } from "./messages";
import { RowView } from "./row_view";
import type { KnownRow, TaskRows } from "./rows";
import { pictureWords, statusWords, toneOf } from "./status";
import { Toolbar } from "./toolbar";
import type { Words } from "./words";

// fewer rows need no search
const ROWS_WITH_TOOLBAR = 4;
// milliseconds without scrolling: thumbnails of rows that are scrolled past are not requested
const THUMBNAIL_DELAY_MS = 120;

/** The state that the views of one model share. */
export interface PanelState {
  rows: TaskRows;
  requests: PanelRequests;
  /** The views in the page; the first visible one announces. */
  announcers: Set<HTMLElement>;
  /** The thumbnails that were requested, each as kind and row. */
  requestedThumbnails: Set<string>;
}

/** Builds a view into `el` and keeps it up to date with the rows until `signal` aborts. */
export function showPanel(
  el: HTMLElement,
  model: AnyModel<TaskPanelModel>,
  { rows, requests, announcers, requestedThumbnails }: PanelState,
  words: Words,
  signal: AbortSignal,
): void {
  const account = element("span", { class: "lumen-tasks-account" });
  const totals = element("span", { class: "lumen-tasks-totals" });
  const empty = element("p", { class: "lumen-tasks-empty", hidden: "" });
  const showAll = element("button", { type: "button", class: "lumen-button" }, words.showAll);
  const nothing = element(
    "p",
    { class: "lumen-tasks-empty", hidden: "" },
    words.nothingFound,
    " ",
    showAll,
  );
  const announcer = new Announcer(words, signal);
  const toolbar = new Toolbar(words, () => filter());
  const announced = new Map<string, string>();
  let hosts: string[] = [];
  let newRow: string | null = null;
  let thumbnailTimer = 0;

  const actions = {
    act: async (key: string, action: "stop" | "watch" | "again") => {
      const answer = await requests.ask({ kind: "act", key, action });
      newRow = answer.key;
      focusNewRow();
      return answer;
    },
    takeUp: (key: string, id: string) => requests.ask({ kind: "take_up", key, id }),
  };
  const list = new TaskList(
    words.tasks,
    (row) => new RowView(row.key, words, actions),
    (view, row) => {
      const host = hosts.length > 1 ? row.host || words.sandboxShort : "";
      view.update(row, rows.elapsed(row), rows.thumbnails(row.key), host);
    },
    signal,
  );

  /** Focuses the row that an action made, if the filter shows it. */
  const focusNewRow = () => {
    if (newRow !== null && list.focus(newRow)) newRow = null;
  };

  const requestThumbnails = () => {
    window.clearTimeout(thumbnailTimer);
    thumbnailTimer = window.setTimeout(() => {
      const keys: string[] = [];
      for (const row of list.shown) {
        const lacking = rows.missingThumbnails(row).map((of) => `${of} ${row.key}`);
        if (lacking.some((name) => !requestedThumbnails.has(name))) keys.push(row.key);
        for (const name of lacking) requestedThumbnails.add(name);
      }
      if (keys.length > 0) void requests.ask({ kind: "look", keys });
    }, THUMBNAIL_DELAY_MS);
  };

  const filter = () => {
    const found = toolbar.el.hidden ? rows.all : rows.matching(toolbar.group, toolbar.text);
    list.show(found);
    nothing.hidden = rows.size === 0 || found.length > 0;
    requestThumbnails();
  };

  const showSummary = () => {
    const known = rows.totals();
    toolbar.el.hidden = !model.get("_toolbar") && rows.size < ROWS_WITH_TOOLBAR;
    toolbar.update(known);
    const credits = { credits: numberWords(known.credits) };
    const sentences = [pictureWords(known.pictures, words)];
    if (known.credits > 0) {
      sentences.push(fill(known.unpriced ? words.creditsAtLeast : words.credits, credits));
    }
    totals.textContent = toolbar.el.hidden ? "" : sentences.filter(Boolean).join(" · ");
    const first = model.get("_host");
    const found = new Set(rows.all.map(({ host }) => host));
    if (found.size === 0 && first !== null) found.add(first);
    hosts = [...found].sort();
    account.textContent = hosts.map((host) => accountWords(host, words)).join(" + ");
    empty.hidden = rows.size > 0;
    empty.textContent = words.empty;
  };

  const isAnnouncer = () => {
    for (const view of announcers)
      if (view.isConnected && view.checkVisibility()) return view === el;
    return false;
  };

  const announce = (changed: KnownRow[]) => {
    const announcing = isAnnouncer();
    for (const row of changed) {
      const state = statusWords(row, words);
      const before = announced.get(row.key);
      announced.set(row.key, state);
      if (before === undefined || before === state || !announcing) continue;
      announcer.add({ state, prompt: row.prompt || row.id, bad: toneOf(row) === "bad" });
    }
  };

  showAll.addEventListener("click", () => {
    toolbar.reset();
    filter();
  });
  const root = element(
    "section",
    { class: "lumen lumen-tasks", "aria-label": words.tasks, lang: words.lang },
    element(
      "header",
      {},
      element("span", { class: "lumen-tasks-title" }, words.tasks),
      totals,
      account,
    ),
    toolbar.el,
    empty,
    nothing,
    list.el,
    announcer.polite,
    announcer.assertive,
  );
  el.replaceChildren(root);
  keepKeys(root, signal);
  oneActionPerGesture(root, signal);

  const update = (changed: KnownRow[]) => {
    showSummary();
    filter();
    list.refresh();
    announce(changed);
    focusNewRow();
  };
  announcers.add(el);
  for (const row of rows.all) announced.set(row.key, statusWords(row, words));
  update([]);
  rows.listen(update, signal);
  list.el.addEventListener("scroll", requestThumbnails, { signal });

  const clock = window.setInterval(() => {
    list.each((view, row) => {
      if (row.running) view.tick(rows.elapsed(row));
    });
  }, 1000);
  signal.addEventListener("abort", () => {
    window.clearInterval(clock);
    window.clearTimeout(thumbnailTimer);
    announcers.delete(el);
  });
}
