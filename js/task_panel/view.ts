/* One view of a task panel: header, toolbar, list, and what is said aloud. */
import type { AnyModel } from "@anywidget/types";
import { accountWords } from "../shared/account";
import { element } from "../shared/dom";
import { oneThingAGesture } from "../shared/gestures";
import { keepKeys } from "../shared/keyboard";
import { numberWords } from "../shared/numbers";
import { fill } from "../shared/words";
import { Announcer } from "./announcer";
import type { PanelRequests } from "./answers";
import { TaskList } from "./list";
import type { TaskPanelModel } from "./messages";
import { RowView } from "./row_view";
import type { KnownRow, TaskRows } from "./rows";
import { pictureWords, stateWords, toneOf } from "./status";
import { Toolbar } from "./toolbar";
import type { Words } from "./words";

// with fewer rows there is nothing to search for
const ROWS_WITH_TOOLBAR = 4;
// a person scrolls on: what is passed by is not asked for
const LOOK_MS = 120;

/** What the views of one model share. */
export interface Shared {
  rows: TaskRows;
  requests: PanelRequests;
  /** Views in the page, of which the first that can be seen speaks. */
  speakers: Set<HTMLElement>;
  /** Which thumbnail of which row was asked for. */
  looked: Set<string>;
}

/** Builds a view into `el` and keeps it in step with the rows until `signal` ends. */
export function showPanel(
  el: HTMLElement,
  model: AnyModel<TaskPanelModel>,
  { rows, requests, speakers, looked }: Shared,
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
  const said = new Map<string, string>();
  let hosts: string[] = [];
  let awaited: string | null = null;
  let looking = 0;

  const deeds = {
    act: async (key: string, action: "stop" | "watch" | "again") => {
      const answer = await requests.ask({ kind: "act", key, action });
      awaited = answer.key;
      goToAwaited();
      return answer;
    },
    takeUp: (key: string, id: string) => requests.ask({ kind: "take_up", key, id }),
  };
  const list = new TaskList(
    words.tasks,
    (row) => new RowView(row.key, words, deeds),
    (view, row) => {
      const host = hosts.length > 1 ? row.host || words.sandboxShort : "";
      view.update(row, rows.elapsed(row), rows.small(row.key), host);
    },
    signal,
  );

  /** A row that was just made gets the focus, if the filter shows it. */
  const goToAwaited = () => {
    if (awaited !== null && list.focus(awaited)) awaited = null;
  };

  const look = () => {
    window.clearTimeout(looking);
    looking = window.setTimeout(() => {
      const keys: string[] = [];
      for (const row of list.shown) {
        const lacking = rows.lacks(row).map((of) => `${of} ${row.key}`);
        if (lacking.some((name) => !looked.has(name))) keys.push(row.key);
        for (const name of lacking) looked.add(name);
      }
      if (keys.length > 0) void requests.ask({ kind: "look", keys });
    }, LOOK_MS);
  };

  const filter = () => {
    const found = toolbar.el.hidden ? rows.all : rows.matching(toolbar.group, toolbar.text);
    list.show(found);
    nothing.hidden = rows.size === 0 || found.length > 0;
    look();
  };

  const summarise = () => {
    const known = rows.totals();
    toolbar.el.hidden = !model.get("_toolbar") && rows.size < ROWS_WITH_TOOLBAR;
    toolbar.update(known);
    const credits = { credits: numberWords(known.credits) };
    const sentences = [pictureWords(known.pictures, words)];
    if (known.credits > 0) {
      sentences.push(fill(known.more ? words.creditsAtLeast : words.credits, credits));
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

  const speaks = () => {
    for (const view of speakers) if (view.isConnected && view.checkVisibility()) return view === el;
    return false;
  };

  const announce = (changed: KnownRow[]) => {
    const speaking = speaks();
    for (const row of changed) {
      const state = stateWords(row, words);
      const before = said.get(row.key);
      said.set(row.key, state);
      if (before === undefined || before === state || !speaking) continue;
      announcer.say({ state, prompt: row.prompt || row.id, bad: toneOf(row) === "bad" });
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
  oneThingAGesture(root, signal);

  const update = (changed: KnownRow[]) => {
    summarise();
    filter();
    list.refresh();
    announce(changed);
    goToAwaited();
  };
  speakers.add(el);
  for (const row of rows.all) said.set(row.key, stateWords(row, words));
  update([]);
  rows.listen(update, signal);
  list.el.addEventListener("scroll", look, { signal });

  const clock = window.setInterval(() => {
    list.each((view, row) => {
      if (row.running) view.tick(rows.elapsed(row));
    });
  }, 1000);
  signal.addEventListener("abort", () => {
    window.clearInterval(clock);
    window.clearTimeout(looking);
    speakers.delete(el);
  });
}
