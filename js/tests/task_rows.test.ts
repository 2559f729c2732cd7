import { describe, expect, test } from "vitest";
import { type KnownRow, TaskRows } from "../task_rows";
import { row } from "./row";

describe("the rows of a panel", () => {
  test("keep the newest word about a row, whatever order messages come in", () => {
    const rows = new TaskRows([row()]);
    rows.receive({ kind: "rows", sequence: 2, rows: [row({ status: "succeeded" })] });
    rows.receive({ kind: "rows", sequence: 1, rows: [row({ status: "processing" })] });

    expect(rows.all.map((known) => known.status)).toEqual(["succeeded"]);
  });

  test("tell listeners only of rows that a message names", () => {
    const rows = new TaskRows([row(), row({ key: "2" })]);
    const heard: KnownRow[][] = [];
    const ending = new AbortController();
    rows.listen((changed) => heard.push(changed), ending.signal);
    rows.receive({ kind: "rows", sequence: 1, rows: [row({ key: "2", status: "processing" })] });
    ending.abort();
    rows.receive({ kind: "rows", sequence: 2, rows: [row()] });

    expect(heard.map((changed) => changed.map(({ key }) => key))).toEqual([["2"]]);
  });

  test("count on from the elapsed time that the kernel gave, until the task has ended", () => {
    let now = 1000;
    const rows = new TaskRows([row({ elapsed: 3 })], () => now);
    now = 3500;
    const [running] = rows.all;
    expect(running && rows.elapsed(running)).toBeCloseTo(5.5);

    rows.receive({ kind: "rows", sequence: 1, rows: [row({ running: false, elapsed: 4.25 })] });
    now = 9000;
    const [ended] = rows.all;
    expect(ended && rows.elapsed(ended)).toBe(4.25);
  });
});
