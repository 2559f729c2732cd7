/* The live task panel: one row a task, its state in words, how long it has taken, what went wrong and
   what to do next. Traits and messages are those of lumen_widgets/widgets/task_panel.py. */
import type { AnyModel, AnyWidget } from "@anywidget/types";
import { element, icon } from "./dom";
import type { BrowserMessage, KernelMessage, TaskPanelModel } from "./messages";
import { type KnownRow, TaskRows } from "./task_rows";
import { fill, type Words, wordsFor } from "./words";

type Tone = "waiting" | "running" | "good" | "bad";

const ICONS: Record<Tone, string[]> = {
  waiting: ["M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2", "M8 5v3l2 2"],
  running: ["M8 2a6 6 0 1 1-6 6"],
  good: ["M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2", "M5.5 8.2l1.8 1.8 3.2-3.8"],
  bad: ["M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2", "M6 6l4 4", "M10 6l-4 4"],
};

function tone(row: KnownRow): Tone {
  if (row.error !== null) return "bad";
  if (row.running) return row.status === "queued" ? "waiting" : "running";
  return row.status === "succeeded" ? "good" : "bad";
}

/** The state of a row in plain words; a word that only the service knows is shown as it is. */
export function stateWords(row: KnownRow, words: Words): string {
  if (row.status === "succeeded" && row.running) return words.fetching;
  if (row.error !== null && (row.status === "queued" || row.status === "processing")) {
    return words.stopped;
  }
  const known: Record<string, string> = {
    queued: words.queued,
    processing: words.processing,
    succeeded: words.succeeded,
    failed: words.failed,
    cancelled: words.cancelled,
  };
  return known[row.status] ?? row.status;
}

/** Minutes and seconds, as a clock shows them. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** One row's elements; `update` writes only what changed. */
class RowView {
  readonly el = element("li", { class: "lumen-task" });
  readonly #icon = element("span", { class: "lumen-task-icon" });
  readonly #state = element("span", { class: "lumen-task-state" });
  readonly #elapsed = element("span", { class: "lumen-task-elapsed" });
  readonly #prompt = element("p", { class: "lumen-task-prompt", dir: "auto" });
  readonly #facts = element("p", { class: "lumen-task-facts" });
  readonly #error = element("p", { class: "lumen-task-error", hidden: "" });
  readonly #again = element("p", { class: "lumen-task-facts", hidden: "" });
  readonly #thumbnail = element("img", { class: "lumen-task-thumbnail", hidden: "" });
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
    this.#elapsed.title = words.elapsed;
    this.#thumbnail.alt = words.thumbnail;
    this.el.append(
      this.#icon,
      element(
        "div",
        {},
        element("div", { class: "lumen-task-line" }, this.#state, this.#elapsed),
        this.#prompt,
        this.#facts,
        this.#error,
        this.#again,
      ),
      this.#thumbnail,
    );
  }

  update(row: KnownRow, elapsed: number | null): void {
    const mood = tone(row);
    if (this.el.dataset.tone !== mood) {
      this.el.dataset.tone = mood;
      this.#icon.replaceChildren(icon(...ICONS[mood]));
    }
    this.el.dataset.status = row.status;
    this.#state.textContent = stateWords(row, this.#words);
    this.#prompt.textContent = row.prompt;
    this.#facts.textContent = [row.model, row.id].filter(Boolean).join(" · ");
    this.tick(elapsed);
    this.#error.hidden = row.error === null;
    this.#error.textContent = row.error ? `${row.error.message} ${row.error.next_step}` : "";
    this.#again.hidden = row.thumbnail === null;
    this.#thumbnail.hidden = row.thumbnail === null;
    if (row.thumbnail !== null) {
      this.#thumbnail.src = row.thumbnail;
      this.#again.replaceChildren(
        `${this.#words.showAgain} `,
        element("code", {}, `lumen.show("${row.id}")`),
      );
    }
  }

  tick(elapsed: number | null): void {
    this.#elapsed.textContent = elapsed === null ? "" : clockTime(elapsed);
  }
}

/** A name that no other view has; crypto.randomUUID is missing on plain http, where hubs run. */
function newId(): string {
  return Math.random().toString(36).slice(2);
}

function send(model: AnyModel<TaskPanelModel>, message: BrowserMessage): void {
  model.send(message);
}

const widget: AnyWidget<TaskPanelModel> = () => {
  let rows = new TaskRows([]);
  return {
    initialize({ model, signal }) {
      rows = new TaskRows(model.get("_rows"));
      const receive = (message: KernelMessage) => rows.receive(message);
      model.on("msg:custom", receive);
      signal.addEventListener("abort", () => model.off("msg:custom", receive));
    },

    render({ model, el, signal }) {
      const words = wordsFor(navigator.language);
      const view = newId();
      const list = element("ul");
      const account = element("span", { class: "lumen-tasks-account" });
      const polite = element("span", { class: "lumen-tasks-heard", role: "status" });
      const assertive = element("span", { class: "lumen-tasks-heard", role: "alert" });
      const views = new Map<string, RowView>();
      const said = new Map<string, string>();

      const show = (changed: KnownRow[]) => {
        for (const row of changed) {
          let shown = views.get(row.key);
          if (shown === undefined) {
            shown = new RowView(words);
            views.set(row.key, shown);
            list.append(shown.el);
          }
          shown.update(row, rows.elapsed(row));
          const state = stateWords(row, words);
          if (said.has(row.key) && said.get(row.key) !== state) {
            const ear = tone(row) === "bad" ? assertive : polite;
            ear.textContent = fill(words.announce, { state, prompt: row.prompt });
          }
          said.set(row.key, state);
        }
      };

      const nameAccount = () => {
        account.textContent = model.get("_account");
      };
      nameAccount();
      model.on("change:_account", nameAccount);

      el.append(
        element(
          "section",
          { class: "lumen lumen-tasks", "aria-label": words.tasks },
          element(
            "header",
            {},
            element("span", { class: "lumen-tasks-title" }, words.tasks),
            account,
          ),
          list,
          polite,
          assertive,
        ),
      );
      show(rows.all);
      rows.listen(show, signal);

      const clock = setInterval(() => {
        for (const row of rows.all) if (row.running) views.get(row.key)?.tick(rows.elapsed(row));
      }, 1000);

      // messages sent while the bundle was still loading are lost: ask for every row
      send(model, { kind: "hello", request: newId(), view });
      signal.addEventListener("abort", () => {
        clearInterval(clock);
        model.off("change:_account", nameAccount);
        send(model, { kind: "bye", view });
      });
    },
  };
};

export default widget;
