import { describe, expect, test } from "vitest";
import { wordsFor as painterWords } from "../../mask_painter/words";
import { wordsFor as formWords } from "../../prompt_form/words";
import { accountWords, isFree } from "../../shared/account";
import { numberWords } from "../../shared/numbers";
import { fill, shortened } from "../../shared/words";
import { wordsFor as panelWords } from "../../task_panel/words";

const places = (sentence = "") => [...sentence.matchAll(/\{\w+\}/g)].map(String).sort();

describe.each([
  ["mask painter", painterWords],
  ["prompt form", formWords],
  ["task panel", panelWords],
])("the %s", (_, wordsFor) => {
  test("has every sentence in every language, with the same places to fill", () => {
    const english: Record<string, string> = wordsFor("en-GB");
    const chinese: Record<string, string> = wordsFor("zh-TW");

    expect(chinese).not.toEqual(english);
    expect(Object.keys(chinese)).toEqual(Object.keys(english));
    for (const [name, sentence] of Object.entries(english)) {
      expect(places(chinese[name])).toEqual(places(sentence));
    }
  });
});

test("a sentence is filled, and a place without a value is left as it is", () => {
  expect(fill("{state}: {prompt}", { state: "Failed", prompt: "x" })).toBe("Failed: x");
  expect(fill("{state}: {prompt}", { state: "Failed" })).toBe("Failed: {prompt}");
});

test("an account is the sandbox, or a host whose pictures cost credits", () => {
  expect(accountWords("", panelWords("en"))).toContain("nothing is charged");
  expect(accountWords("lumen.example", panelWords("en"))).toBe(
    "lumen.example · pictures cost credits",
  );
  expect(accountWords("lesson/owls.lumen", panelWords("en"))).toBe(
    "Lesson owls.lumen · nothing is charged",
  );
  expect(accountWords("lesson+sandbox/owls.lumen", panelWords("zh"))).toBe(
    "课程 owls.lumen，其余由沙盒绘制 · 不收费",
  );
  expect(["", "lesson/x", "lesson.example", "lesson:8443"].map(isFree)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test("a sum of prices has no rounding errors", () => {
  expect(numberWords(0.1 + 0.2)).toBe("0.3");
});

test("text from outside is one line that turns no sentence around", () => {
  expect(shortened("a\n\tfox \u{1b}[31m\u{9b}\u{202e}\u{2066}end", 80)).toBe("a fox [31mend");
  expect(shortened("👩\u{200d}🎨 猫", 80)).toBe("👩\u{200d}🎨 猫");
  expect(shortened("猫".repeat(9), 4)).toBe("猫猫猫…");
});
