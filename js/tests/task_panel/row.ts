/* Rows and totals as the kernel would send them, for tests to vary. */
import type { TaskRow, Totals } from "../../task_panel/messages";

export function row(changes: Partial<TaskRow> = {}): TaskRow {
  return {
    key: "0",
    id: "a1b2c3",
    status: "queued",
    running: true,
    watched: true,
    group: "running",
    prompt: "a cute cat",
    model: "gpt-image-2-low",
    host: "",
    elapsed: 0,
    usual: null,
    arrived: 0,
    pictured: false,
    repaints: null,
    credits: null,
    charge: "charged",
    actions: ["stop"],
    error: null,
    trouble: "",
    notice: "",
    ...changes,
  };
}

/** The totals of a panel that has these rows, or as many as `changes` says. */
export function totals(rows: TaskRow[], changes: Partial<Totals> = {}): Totals {
  const of = (group: TaskRow["group"]) => rows.filter((one) => one.group === group).length;
  return {
    rows: rows.length,
    running: of("running"),
    finished: of("finished"),
    bad: of("bad"),
    open: of("open"),
    pictures: 0,
    credits: 0,
    unpriced: false,
    hosts: [...new Set(rows.map(({ host }) => host))],
    ...changes,
  };
}

/** A message of rows that changed, in a panel that has as many rows as the totals say. */
export function changed(rows: TaskRow[], sequence = 1, more = false, all = totals(rows)) {
  return { kind: "rows" as const, sequence, rows, more, totals: all };
}
