import { describe, expect, test } from "vitest";
import { type Filter, Found, type KnownRow, TaskRows } from "../../task_panel/rows";
import { changed, row, totals } from "./row";

const ALL: Filter = { group: "all", words: [] };

function rowsOf(first = [row()], all = totals(first), now?: () => number) {
  return new TaskRows(first, all, [], now);
}

/** What the kernel found: the rows of these keys. */
function found(keys: number[], sequence = 1) {
  const bytes = new Uint8Array(4);
  for (const key of keys) bytes[key >> 3] = (bytes[key >> 3] ?? 0) | (1 << (key & 7));
  return new Found({
    kind: "found",
    sequence,
    rows: btoa(String.fromCharCode(...bytes)),
    request: "r",
  });
}

describe("the rows of a panel", () => {
  test("keep the newest state of a row, in whatever order messages arrive", () => {
    const rows = rowsOf();
    rows.receive(changed([row({ status: "succeeded" })], 2, false, totals([], { rows: 2 })));
    rows.receive(changed([row({ status: "processing" })], 1));

    expect(rows.known.map((known) => known.status)).toEqual(["succeeded"]);
    expect(rows.totals.rows).toBe(2);
  });

  test("are listed with the newest first, also those that the page does not know", () => {
    const rows = rowsOf([row({ key: "11" })], totals([], { rows: 12 }));

    expect(rows.matching(ALL, null)).toEqual(
      ["11", "10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "0"], // not "9" before "11"
    );
    expect([rows.lacks("11"), rows.lacks("3"), rows.incomplete]).toEqual([false, true, true]);
  });

  test("notify listeners only of rows that a message names, and whether they were asked for", () => {
    const rows = rowsOf([row(), row({ key: "1" })]);
    const notified: [KnownRow[], boolean][] = [];
    const ending = new AbortController();
    rows.listen((named, live) => notified.push([named, live]), ending.signal);
    rows.receive(changed([row({ key: "1", status: "processing" })]));
    rows.receive({ ...changed([row()], 2), kind: "snapshot", request: "r" });
    ending.abort();
    rows.receive(changed([row()], 3));

    const keys = notified.map(([named, live]) => [named.map(({ key }) => key), live]);
    expect(keys).toEqual([
      [["1"], true],
      [["0"], false],
    ]);
  });

  test("may have changed where the kernel says that more did, and are then to be read", () => {
    const rows = rowsOf([row(), row({ key: "1" })]);
    expect(rows.incomplete).toBe(false);
    rows.receive(changed([row({ key: "1" })], 5, true));
    expect([rows.lacks("0"), rows.lacks("1")]).toEqual([true, false]);
    rows.receive({ ...changed([row()], 5), kind: "snapshot", request: "r" });
    expect(rows.incomplete).toBe(false);
  });

  test("count on from the elapsed time that the kernel gave, until the task has ended", () => {
    let now = 1000;
    const rows = rowsOf([row({ elapsed: 3 })], undefined, () => now);
    now = 3500;
    const [running] = rows.known;
    expect(running && rows.elapsed(running)).toBeCloseTo(5.5);

    rows.receive(changed([row({ running: false, elapsed: 4.25 })]));
    now = 9000;
    const [ended] = rows.known;
    expect(ended && rows.elapsed(ended)).toBe(4.25);
  });

  test("are found by group, and by every word in prompt, model or id", () => {
    const rows = rowsOf([
      row({ key: "0", prompt: "A red fox" }),
      row({ key: "1", prompt: "a fox", group: "finished" }),
      row({ key: "2", prompt: "红狐狸", id: "XYZ", group: "open" }),
    ]);

    expect(rows.matching({ group: "all", words: ["fox", "gpt"] }, null)).toEqual(["1", "0"]);
    expect(rows.matching({ group: "all", words: ["狐狸", "xyz"] }, null)).toEqual(["2"]);
    expect(rows.matching({ group: "finished", words: ["red"] }, null)).toEqual([]);
    expect(rows.matching({ group: "open", words: [] }, null)).toEqual(["2"]);
  });

  test("are found by the kernel where the page does not know them or what became of them", () => {
    const bad: Filter = { group: "bad", words: [] };
    const first = [row({ key: "20" }), row({ key: "19", group: "bad" })];
    const rows = rowsOf(first, totals([], { rows: 21 }));
    expect(rows.matching(bad, null)).toEqual(["19"]);
    // the kernel looked later than the page heard of 20 and 19
    const kernels = found([3, 17, 20], 2);
    expect(rows.matching(bad, kernels)).toEqual(["20", "17", "3"]);
    rows.receive(changed([row({ key: "17" }), row({ key: "4", group: "bad" })], 3));
    expect(rows.matching(bad, kernels)).toEqual(["20", "4", "3"]);

    expect(rows.outdates(kernels)).toBe(false);
    rows.receive(changed([], 4, true));
    expect(rows.outdates(kernels)).toBe(true);
  });

  test("have thumbnails that are pictures and nothing else", () => {
    const rows = rowsOf();
    rows.receive({
      kind: "thumbnails",
      request: "r",
      thumbnails: [
        { key: "0", of: "picture", data: "data:image/jpeg;base64,AA==" },
        { key: "0", of: "mask", data: "javascript:alert(1)" },
        { key: "1", of: "picture", data: "https://example.com/x.png" },
      ],
    });

    expect(rows.thumbnails("0")).toEqual({ picture: "data:image/jpeg;base64,AA==" });
    expect(rows.thumbnails("1")).toEqual({});
  });

  test("know the thumbnails that the kernel has and the page has not, of mask and picture", () => {
    const ended = row({ pictured: true, repaints: 0.2 });
    const rows = rowsOf([row({ repaints: 0.2 })]);
    expect(rows.missingThumbnails(row())).toEqual([]);
    expect(rows.missingThumbnails(row({ repaints: 0.2 }))).toEqual(["mask"]);
    expect(rows.missingThumbnails(ended)).toEqual(["picture", "mask"]);

    const data = "data:image/png;base64,AA==";
    rows.receive({ kind: "thumbnails", request: "", thumbnails: [{ key: "0", of: "mask", data }] });
    expect(rows.missingThumbnails(ended)).toEqual(["picture"]);
    expect(rows.thumbnails("0")).toEqual({ mask: data });
  });
});
