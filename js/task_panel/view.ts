/* One view of a task panel: header, toolbar, list and announcements. */
import type { AnyModel } from "@anywidget/types";
import { accountWords, lessonOf } from "../shared/account";
import type { Connection } from "../shared/connection";
import { element, setText } from "../shared/dom";
import { oneActionPerGesture } from "../shared/gestures";
import { newId } from "../shared/ids";
import { keepKeys } from "../shared/keyboard";
import { numberWords } from "../shared/numbers";
import { fill } from "../shared/words";
import type { AgainRequests } from "./again_requests";
import { Announcer } from "./announcer";
import { type PanelRequests, UNANSWERED } from "./answers";
import { TaskList } from "./list";
import type { TaskPanelModel } from "./messages";
import { RowRequests } from "./row_requests";
import { RowView } from "./row_view";
import type { KnownRow, TaskRows } from "./rows";
import { heardWords, pictureWords, toneOf } from "./status";
import { Toolbar } from "./toolbar";
import type { Words } from "./words";

// fewer rows need no search
const ROWS_WITH_TOOLBAR = 4;
// milliseconds without scrolling: thumbnails of rows that are scrolled past are not requested
const THUMBNAIL_DELAY_MS = 120;
// milliseconds between two looks for rows that the page does not know
const READ_DELAY_MS = 60;
// rows around those in the page: where one of the near ones is not known, the far ones are requested too, so
// that slow scrolling meets none and takes few requests
const [NEAR, FAR] = [10, 40];

/** The state that the views of one model share. */
export interface PanelState {
  connection: Connection;
  rows: TaskRows;
  requests: PanelRequests;
  again: AgainRequests;
  /** The views in the page; the first visible one announces. */
  announcers: Set<HTMLElement>;
  /** The thumbnails that were requested, each as kind and row. */
  requestedThumbnails: Set<string>;
}

/** Builds a view into `el` and keeps it up to date with the rows until `signal` aborts. */
export function showPanel(
  el: HTMLElement,
  model: AnyModel<TaskPanelModel>,
  { connection, rows, requests, again, announcers, requestedThumbnails }: PanelState,
  words: Words,
  signal: AbortSignal,
): void {
  const account = element("span", { class: "lumen-tasks-account" });
  const totals = element("span", { class: "lumen-tasks-totals" });
  const empty = element("p", { class: "lumen-tasks-empty", hidden: "" });
  const lost = element("p", { class: "lumen-tasks-lost", "aria-live": "polite" });
  const showAll = element("button", { type: "button", class: "lumen-button" }, words.showAll);
  const nothingWords = element("span");
  const nothing = element(
    "p",
    { class: "lumen-tasks-empty", hidden: "" },
    nothingWords,
    " ",
    showAll,
  );
  const waits = element("p", { class: "lumen-tasks-waits", "aria-live": "polite" });
  const announcer = new Announcer(words, signal);
  const toolbar = new Toolbar(words, () => filter());
  const announced = new Map<string, string>();
  let hosts: string[] = [];
  let newRow: string | null = null;
  let thumbnailTimer = 0;
  let readTimer = 0;
  let count = rows.count;

  const actions = {
    act: async (key: string, action: "stop" | "watch" | "again") => {
      const request = action === "again" ? again.begin(key) : newId();
      const answer = await requests.ask({ kind: "act", key, action, seen: rows.seen }, request);
      if (answer !== null) again.end(request);
      newRow = answer?.key ?? null;
      focusNewRow();
      return answer ?? UNANSWERED;
    },
    takeUp: async (key: string, id: string) =>
      (await requests.ask({ kind: "take_up", key, id })) ?? UNANSWERED,
  };
  const list = new TaskList(
    words.tasks,
    (key) => new RowView(key, words, actions),
    (view, key) => {
      const row = rows.get(key);
      if (!row) return;
      const host = hosts.length > 1 ? lessonOf(row.host) || row.host || words.sandboxShort : "";
      view.update(row, rows.elapsed(row), rows.thumbnails(row.key), host);
    },
    () => {
      requestThumbnails();
      readTimer ||= window.setTimeout(readRows, READ_DELAY_MS);
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
      for (const key of list.shown) {
        const row = rows.get(key);
        if (!row) continue;
        const lacking = rows.missingThumbnails(row).map((of) => `${of} ${key}`);
        if (lacking.some((name) => !requestedThumbnails.has(name))) keys.push(key);
        for (const name of lacking) requestedThumbnails.add(name);
      }
      if (keys.length > 0) void requests.ask({ kind: "look", keys });
    }, THUMBNAIL_DELAY_MS);
  };

  const rowRequests = new RowRequests(
    requests,
    rows,
    () => {
      filter();
      showNotices();
    },
    signal,
  );

  const readRows = () => {
    readTimer = 0;
    if (list.near(NEAR).some((key) => rows.lacks(key))) void rowRequests.read(list.near(FAR));
  };

  const filter = () => {
    const wanted = toolbar.filter;
    const filtered = wanted.group !== "all" || wanted.words.length > 0;
    // rows that the page knows are shown at once, those that the kernel finds later
    const { ended } = connection;
    const found = filtered && !ended && rows.incomplete ? rowRequests.found(wanted) : null;
    const matching = rows.matching(wanted, found);
    const shown = ended ? matching.filter((key) => rows.get(key)) : matching;
    const lostFocus = list.show(shown);
    nothing.hidden = rows.count === 0 || shown.length > 0;
    // what was done with the last row of a filter has taken it out of there
    if (lostFocus) toolbar.focus();
    const searching = rowRequests.searching && !ended;
    nothingWords.textContent = searching ? words.searching : words.nothingFound;
  };

  const showSummary = () => {
    const known = rows.totals;
    toolbar.el.hidden = !model.get("_toolbar") && rows.count < ROWS_WITH_TOOLBAR;
    toolbar.update(known);
    const credits = { credits: numberWords(known.credits) };
    const sentences = [pictureWords(known.pictures, words)];
    if (known.credits > 0) {
      sentences.push(fill(known.unpriced ? words.creditsAtLeast : words.credits, credits));
    }
    totals.textContent = toolbar.el.hidden ? "" : sentences.filter(Boolean).join(" · ");
    const first = model.get("_host");
    hosts = known.hosts.length > 0 || first === null ? known.hosts : [first];
    account.textContent = hosts.map((host) => accountWords(host, words)).join(" + ");
    empty.hidden = rows.count > 0;
    empty.textContent = words.empty;
  };

  const isAnnouncer = () => {
    for (const view of announcers)
      if (view.isConnected && view.checkVisibility()) return view === el;
    return false;
  };

  const announce = (changed: KnownRow[], live: boolean) => {
    const announcing = isAnnouncer();
    for (const row of changed) {
      const state = heardWords(row, words);
      const before = announced.get(row.key);
      announced.set(row.key, state);
      // of a row that the page did not know, an end is news; a new row is seen to appear
      const isEnd = live && !row.running && Number(row.key) < count;
      const isNews = before === undefined ? isEnd : before !== state;
      if (!isNews || !announcing) continue;
      announcer.add({ state, prompt: row.prompt || row.id, bad: toneOf(row) === "bad" });
    }
    count = rows.count;
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
    lost,
    toolbar.el,
    empty,
    nothing,
    list.el,
    waits,
    announcer.polite,
    announcer.assertive,
  );
  el.replaceChildren(root);
  keepKeys(root, signal);
  oneActionPerGesture(root, signal);

  const update = (changed: KnownRow[], live: boolean) => {
    showSummary();
    filter();
    list.refresh();
    announce(changed, live);
    focusNewRow();
  };
  announcers.add(el);
  for (const row of rows.known) announced.set(row.key, heardWords(row, words));
  update([], false);
  rows.listen(update, signal);

  const clock = window.setInterval(() => {
    list.each((view, key) => {
      const row = rows.get(key);
      if (row?.running) view.tick(row, rows.elapsed(row));
    });
  }, 1000);
  /** Says that the kernel is not to be reached, and what that means for rows that the page lacks. */
  const showNotices = () => {
    const { state, ended } = connection;
    setText(lost, state === "live" ? "" : words[state]);
    const left = ended ? rows.count - rows.known.length : 0;
    const busy = state === "live" && rowRequests.late ? words.rowsWait : "";
    setText(waits, left > 0 ? fill(words.notLoaded, { count: numberWords(left) }) : busy);
  };
  const showConnection = () => {
    showNotices();
    if (!connection.ended) return;
    filter();
    // what the tasks do now is not known here
    window.clearInterval(clock);
    root.toggleAttribute("data-lost", true);
  };
  showConnection();
  connection.listen(showConnection, signal);
  signal.addEventListener("abort", () => {
    window.clearInterval(clock);
    window.clearTimeout(thumbnailTimer);
    window.clearTimeout(readTimer);
    announcers.delete(el);
  });
}
