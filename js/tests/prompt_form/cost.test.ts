import { describe, expect, test } from "vitest";
import { asked, costOf } from "../../prompt_form/cost";
import type { FormBudget } from "../../prompt_form/messages";
import { wordsFor } from "../../prompt_form/words";
import { formModel } from "./fake_form";
import { mount } from "./mount";

const HOST = "lumen.example.org";
const FREE = { credits: null, left: null, tasks: null, tasks_left: null };

function cost(n: number | null, price: number | null, budget: Partial<FormBudget>, host = HOST) {
  const prices: Record<string, number> = price === null ? {} : { m: price };
  const known = { ...FREE, ...budget };
  return costOf({ model: "m", n }, host, prices, known, wordsFor("en"));
}

describe("the budget", () => {
  test("is said as what it leaves, and without one nothing is said of it", () => {
    expect(cost(3, 0.1, {})).toEqual({ text: "Costs 0.3 credits (3 × 0.1)", over: false });
    expect(cost(3, 0.1, { credits: 10, left: 0.3, tasks: 4, tasks_left: 1 })).toEqual({
      text: "Costs 0.3 credits (3 × 0.1) · 0.3 of 10 credits left in the budget · 1 of 4 tasks left in the budget",
      over: false,
    });
  });

  test("that leaves too little is said before anything is sent, with what to do", () => {
    const over = cost(2, 2, { credits: 10, left: 3 });
    expect(over.over).toBe(true);
    expect(over.text).toContain("4 credits are more than the 3 of 10 that the budget leaves");
    expect(over.text).toContain("lumen.budget(credits=…)");
    expect(cost(1, 0, { tasks: 2, tasks_left: 0 }).text).toContain(
      "the budget of 2 tasks is used up. Set a new one: lumen.budget(tasks=…)",
    );
    expect(cost(1, 0, { credits: 0, left: 0 }).over).toBe(false);
  });

  test("needs a price, which is said with the line that sets it", () => {
    const over = cost(1, null, { credits: 10, left: 10 });
    expect(over.over).toBe(true);
    expect(over.text).toContain('lumen.prices["m"] = …');
    expect(cost(null, 1, { credits: 10, left: 10 }).over).toBe(true);
    expect(cost(1, null, { tasks: 3, tasks_left: 3 }).over).toBe(false);
  });

  test("counts the sandbox's credits too", () => {
    expect(cost(2, 2, { credits: 10, left: 6 }, "").text).toBe(
      "A preview, free · counts as 4 credits · 6 of 10 credits left in the budget",
    );
    expect(cost(2, 2, {}, "").text).toBe("A preview, free");
  });

  test("does not count what a lesson has", () => {
    expect(cost(2, 2, { credits: 0, left: 0 }, "lesson/owls.lumen")).toEqual({
      text: "From the lesson, free",
      over: false,
    });
  });

  test("that changes is shown at once, and so does what is typed", async () => {
    const fake = formModel({ _host: HOST });
    const { find } = await mount(fake);
    const line = find(".lumen-cost");
    expect(find(".lumen-primary").getAttribute("aria-describedby")).toBe(line.id);
    fake.set("_budget", { ...FREE, credits: 1, left: 0.2 });
    expect(line.textContent).toBe("Costs 0.1 credits · 0.2 of 1 credits left in the budget");
    fake.set("n", 3);
    expect(line.hasAttribute("data-over")).toBe(true);
    fake.set("_budget", {});
    expect(line.hasAttribute("data-over")).toBe(false);
  });
});

test("extra fields go before the others, as in what is sent", () => {
  expect(asked("m", "2", "")).toEqual({ model: "m", n: 2 });
  expect(asked("m", "", '{"n": 4, "model": "x"}')).toEqual({ model: "x", n: 4 });
  expect(asked("m", "2", '{"n": "4"}')).toEqual({ model: "m", n: null });
  expect(asked("m", "2", "{")).toEqual({ model: "m", n: 2 });
});
