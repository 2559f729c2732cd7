import { describe, expect, test } from "vitest";
import { type KnownRow, TaskRows } from "../../task_panel/rows";
import { row } from "./row";

describe("the rows of a panel", () => {
  test("keep the newest state of a row, in whatever order messages arrive", () => {
    const rows = new TaskRows([row()]);
    rows.receive({ kind: "rows", sequence: 2, rows: [row({ status: "succeeded" })] });
    rows.receive({ kind: "rows", sequence: 1, rows: [row({ status: "processing" })] });

    expect(rows.all.map((known) => known.status)).toEqual(["succeeded"]);
  });

  test("are sorted with the newest first, also beyond ten", () => {
    const rows = new TaskRows(["9", "10", "2"].map((key) => row({ key })));

    expect(rows.all.map(({ key }) => key)).toEqual(["10", "9", "2"]);
  });

  test("notify listeners only of rows that a message names", () => {
    const rows = new TaskRows([row(), row({ key: "2" })]);
    const notified: KnownRow[][] = [];
    const ending = new AbortController();
    rows.listen((changed) => notified.push(changed), ending.signal);
    rows.receive({ kind: "rows", sequence: 1, rows: [row({ key: "2", status: "processing" })] });
    ending.abort();
    rows.receive({ kind: "rows", sequence: 2, rows: [row()] });

    expect(notified.map((changed) => changed.map(({ key }) => key))).toEqual([["2"]]);
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

  test("are found by status, and by every word in prompt, model or id", () => {
    const rows = new TaskRows([
      row({ key: "1", prompt: "A red fox" }),
      row({ key: "2", prompt: "a fox", status: "succeeded", running: false, actions: [] }),
      row({ key: "3", prompt: "红狐狸", id: "XYZ", running: false, actions: ["watch"] }),
    ]);
    const keys = (found: KnownRow[]) => found.map(({ key }) => key);

    expect(keys(rows.matching("all", "fox GPT"))).toEqual(["2", "1"]);
    expect(keys(rows.matching("all", "狐狸 xyz"))).toEqual(["3"]);
    expect(keys(rows.matching("finished", "red"))).toEqual([]);
    expect(keys(rows.matching("open", ""))).toEqual(["3"]);
  });

  test("are in one group each, and their credits are added as far as they are known", () => {
    const real = { host: "lumen.example", running: false };
    const rows = new TaskRows([
      row({ key: "1" }),
      row({ ...real, key: "2", status: "succeeded", credits: 4, arrived: 2, actions: [] }),
      row({
        ...real,
        key: "3",
        status: "failed",
        charge: "refunded",
        credits: 4,
        actions: ["again"],
      }),
      row({ ...real, key: "4", status: "unknown", charge: "unknown", actions: ["take_up"] }),
      row({ ...real, key: "5", status: "succeeded", actions: [] }),
    ]);

    expect(rows.totals()).toEqual({
      count: { all: 5, running: 1, finished: 2, bad: 1, open: 1 },
      pictures: 2,
      credits: 4,
      unpriced: true,
    });
  });

  test("have thumbnails that are pictures and nothing else", () => {
    const rows = new TaskRows([row()]);
    rows.receive({
      kind: "thumbnails",
      request: "r",
      thumbnails: [
        { key: "1", of: "picture", data: "data:image/jpeg;base64,AA==" },
        { key: "1", of: "mask", data: "javascript:alert(1)" },
        { key: "2", of: "picture", data: "https://example.com/x.png" },
      ],
    });

    expect(rows.thumbnails("1")).toEqual({ picture: "data:image/jpeg;base64,AA==" });
    expect(rows.thumbnails("2")).toEqual({});
  });

  test("know the thumbnails that the kernel has and the page has not, of mask and picture", () => {
    const ended = row({ pictured: true, repaints: 0.2 });
    const rows = new TaskRows([row({ repaints: 0.2 })]);
    expect(rows.missingThumbnails(row())).toEqual([]);
    expect(rows.missingThumbnails(row({ repaints: 0.2 }))).toEqual(["mask"]);
    expect(rows.missingThumbnails(ended)).toEqual(["picture", "mask"]);

    const data = "data:image/png;base64,AA==";
    rows.receive({ kind: "thumbnails", request: "", thumbnails: [{ key: "1", of: "mask", data }] });
    expect(rows.missingThumbnails(ended)).toEqual(["picture"]);
    expect(rows.thumbnails("1")).toEqual({ mask: data });
  });
});
