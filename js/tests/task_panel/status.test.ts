import { expect, test } from "vitest";
import type { TaskRow } from "../../task_panel/messages";
import {
  arrivedWords,
  chargeWords,
  clockTime,
  elapsedWords,
  estimateWords,
  repaintWords,
  statusWords,
  toneOf,
} from "../../task_panel/status";
import { wordsFor } from "../../task_panel/words";
import { row } from "./row";

const words = wordsFor("en");
const known = (changes: Partial<TaskRow>) => ({ ...row(changes), receivedAt: 0 });

test("elapsed time is in minutes and seconds", () => {
  expect([0, 9.9, 61, 3600].map(clockTime)).toEqual(["0:00", "0:09", "1:01", "60:00"]);
});

test("what ended within seconds says so to a tenth, what runs counts whole ones", () => {
  const ended = known({ running: false });

  expect([0.42, 9.94, 9.96, 61].map((took) => elapsedWords(ended, took, words))).toEqual([
    "0.4 s",
    "9.9 s",
    "0:09",
    "1:01",
  ]);
  expect(elapsedWords(known({ running: true }), 0.42, words)).toBe("0:00");
  expect(elapsedWords(ended, null, words)).toBe("");
});

test("a task that is not watched is shown so, whatever its last status", () => {
  const stopped = known({ status: "processing", running: false, actions: ["watch"] });

  expect(statusWords(stopped, words)).toBe("No longer watched");
  expect(toneOf(stopped)).toBe("open");
});

test("of a task that did not fail a row with a cross says how many pictures came", () => {
  const error = { message: "A picture could not be fetched.", next_step: "Wait again." };
  const ended = { running: false, error, actions: ["again" as const] };
  for (const status of ["queued", "processing", "succeeded"]) {
    const said = [0, 1, 3].map((arrived) => {
      const one = known({ ...ended, status, arrived });
      expect(toneOf(one)).toBe("bad");
      return `${statusWords(one, words)}${arrivedWords(one, words)}`;
    });
    expect(said).toEqual(["No pictures", "Only 1 picture", "Only 3 pictures"]);
  }
  expect(statusWords(known({ ...ended, status: "failed" }), words)).toBe("Failed");
  const whole = known({ running: false, status: "succeeded", arrived: 3, actions: [] });
  expect([statusWords(whole, words), arrivedWords(whole, words)]).toEqual([
    "Succeeded",
    "3 pictures",
  ]);
});

test("a status that only the service knows is shown as it is", () => {
  expect(statusWords(known({ status: "dreaming" }), words)).toBe("dreaming");
});

test("an estimate is marked as one, and ends with the task", () => {
  expect(estimateWords(known({ usual: 11.6 }), words)).toBe("usually about 12 s (estimate)");
  expect(estimateWords(known({ usual: 11.6, running: false }), words)).toBe("");
});

test("credits are in words where the amount is unknown, and never look real in a sandbox", () => {
  const real = { host: "lumen.example" };

  expect(chargeWords(known({ ...real, credits: 2.5 }), words)).toBe("2.5 credits charged");
  expect(chargeWords(known(real), words)).toContain("not known");
  expect(chargeWords(known({ ...real, charge: "refunded", credits: 4 }), words)).toBe(
    "4 credits refunded",
  );
  expect(chargeWords(known({ charge: "charged" }), words)).toBe("");
  expect(chargeWords(known({ ...real, host: "lesson/owls.lumen", credits: 2 }), words)).toBe("");
  expect(chargeWords(known({ charge: "refunded" }), words)).toBe("Sandbox credits refunded");
});

test("the repainted share is in per cent, and rounded neither to nothing nor to all", () => {
  const part = (share: number | null) => repaintWords(share, words);

  expect(part(null)).toBe("");
  expect([0.123456, 0.05, 0.001].map(part)).toEqual([
    "Repaints 12.3 % of the picture",
    "Repaints 5 % of the picture",
    "Repaints 0.1 % of the picture",
  ]);
  expect(part(0.00099)).toBe("Repaints less than 0.1 % of the picture");
  expect(part(1 / 4096 ** 2)).toBe("Repaints less than 0.1 % of the picture");
  expect(part(0.99999)).toBe("Repaints 99.9 % of the picture");
  expect(part(1)).toBe("Repaints the whole picture");
  expect(repaintWords(0.123, wordsFor("zh"))).toBe("重绘画面的 12.3 %");
});
