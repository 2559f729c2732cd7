import { afterEach, describe, expect, test } from "vitest";
import {
  mostOf,
  NO_SIDES,
  SIDES,
  SIDES_ENGLISH,
  type Side,
  SideNumbers,
  type Sides,
} from "../../shared/side_numbers";

const PICTURE = { width: 1024, height: 768 };

function open(picture: typeof PICTURE | null = PICTURE) {
  const typed: (Sides | null)[] = [];
  const changed: Sides[] = [];
  const numbers = new SideNumbers(SIDES_ENGLISH, {
    typed: (sides) => typed.push(sides),
    changed: (sides) => changed.push(sides),
  });
  const form = document.createElement("form");
  form.append(numbers.el);
  document.body.append(form);
  numbers.show(NO_SIDES, picture);
  const inputs = [...numbers.el.querySelectorAll("input")];
  const input = (side: Side) => inputs[SIDES.indexOf(side)] as HTMLInputElement;
  const type = (side: Side, value: string) => {
    input(side).focus();
    input(side).value = value;
    input(side).dispatchEvent(new Event("input"));
  };
  const leave = (side: Side) => {
    input(side).blur();
    input(side).dispatchEvent(new Event("change"));
  };
  const error = () => numbers.el.querySelector<HTMLElement>(".lumen-field-error");
  const size = () => numbers.el.querySelector(".lumen-sides-size")?.textContent;
  return { numbers, typed, changed, form, input, type, leave, error, size };
}

afterEach(() => document.body.replaceChildren());

test("what is typed is previewed with each key, and told once the field is left", () => {
  const { typed, changed, type, leave, size } = open();
  type("left", "2");
  type("left", "256");

  expect(typed.map((sides) => sides?.left)).toEqual([2, 256]);
  expect(size()).toBe("1280 × 768 px");
  expect(changed).toEqual([]);
  leave("left");
  expect(changed).toEqual([{ left: 256, top: 0, right: 0, bottom: 0 }]);
});

test("Enter tells it too, and sends the form that the fields are in", () => {
  const { changed, form, input, type } = open();
  let sent = 0;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sent++;
  });
  type("bottom", "64");
  input("bottom").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));

  expect(changed).toEqual([{ left: 0, top: 0, right: 0, bottom: 64 }]);
  expect(sent).toBe(1);
});

describe("numbers that cannot be", () => {
  test.each(["-1", "12.5", "3073", "1e9"])("%s is said to be wrong and told to nobody", (value) => {
    const { numbers, typed, changed, input, type, leave, error } = open();
    type("right", value);
    leave("right");

    expect(typed).toEqual([null]);
    expect(changed).toEqual([]);
    expect(numbers.sides).toBeNull();
    expect(input("right").getAttribute("aria-invalid")).toBe("true");
    expect(error()?.textContent).toContain("from 0 to 3072");
    expect(numbers.check()).toBe(false);
    expect(document.activeElement).toBe(input("right"));
  });

  test("only the number that can never be is wrong, not what is opposite", () => {
    const { numbers, input, type, leave } = open();
    type("left", "9999");
    leave("left");
    type("right", "100");
    leave("right");
    const wrong = SIDES.filter((side) => input(side).getAttribute("aria-invalid") === "true");

    expect(wrong).toEqual(["left"]);
    numbers.show({ ...NO_SIDES, left: 1, right: 100 }, PICTURE);
    type("left", "3000");
    leave("left");
    expect(numbers.sides).toBeNull();
  });

  test("an empty field is 0", () => {
    const { changed, input, type, leave } = open();
    type("top", "");
    leave("top");

    expect(changed).toEqual([NO_SIDES]);
    expect(input("top").value).toBe("0");
  });

  test("what is wrong stays to be mended while the others change", () => {
    const { numbers, type, leave, error, input } = open();
    type("left", "9999");
    leave("left");
    numbers.show({ ...NO_SIDES, right: 5 }, PICTURE);

    expect(input("left").value).toBe("9999");
    expect(input("right").value).toBe("5");
    expect(error()?.hidden).toBe(false);
  });

  test("the error goes once other numbers are shown", () => {
    const { numbers, type, leave, error, input } = open();
    type("left", "9999");
    leave("left");
    numbers.show({ ...NO_SIDES, left: 10 }, PICTURE);

    expect(input("left").value).toBe("10");
    expect(error()?.hidden).toBe(true);
    expect(numbers.sides).toEqual({ ...NO_SIDES, left: 10 });
  });

  test("a picture of the largest size says that it cannot grow", () => {
    const { type, leave, error } = open({ width: 5000, height: 10 });
    type("top", "1");
    leave("top");

    expect(error()?.textContent).toBe(SIDES_ENGLISH.sidesFull.replace("{longest}", "4096"));
  });
});

test("the limit of a side is what its opposite leaves up to 4096", () => {
  const { input, type } = open();
  type("left", "1000");

  expect(input("right").max).toBe("2072");
  expect(input("left").max).toBe("3072");
  expect(input("top").max).toBe("3328");
  expect(mostOf("top", NO_SIDES, null)).toBe(4095);
  expect(mostOf("top", NO_SIDES, { width: 4097, height: 10 })).toBe(0);
  expect(mostOf("top", NO_SIDES, { width: 4096, height: 10 })).toBe(4086);
});

test("a field that is being typed in is not written over by what arrives", () => {
  const { numbers, input, type, leave } = open();
  type("left", "30");
  numbers.show({ left: 1, top: 2, right: 3, bottom: 4 }, PICTURE);

  expect(SIDES.map((side) => input(side).value)).toEqual(["30", "2", "3", "4"]);
  leave("left");
  numbers.show({ left: 1, top: 2, right: 3, bottom: 4 }, PICTURE);
  expect(input("left").value).toBe("1");
});

test("without a picture's size there are limits and no size in words", () => {
  const { numbers, size, type } = open(null);
  type("left", "4095");
  expect(numbers.sides?.left).toBe(4095);
  expect(size()).toBe("");
});
