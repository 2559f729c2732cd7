import { describe, expect, test } from "vitest";
import type { GroundSides } from "../../mask_painter/messages";
import { SidesCopy } from "../../mask_painter/sides_copy";
import { NO_SIDES } from "../../shared/side_numbers";
import { connect } from "../shared/fake_model";
import { decidedSides, PAINTING, PainterModel } from "./fake_kernel";

const LEFT = { ...NO_SIDES, left: 64 };
const RIGHT = { ...NO_SIDES, right: 8 };

function open() {
  const fake = new PainterModel(10, 10);
  // the signals of JupyterLab's connection
  let told: (_: unknown, status: unknown) => void = () => {};
  fake.widget_manager = {
    kernel: { connectionStatusChanged: { connect: (listener: typeof told) => (told = listener) } },
  };
  const ending = new AbortController();
  const copy = new SidesCopy(fake.model, connect(fake), ending.signal);
  let changes = 0;
  copy.listen(() => changes++, ending.signal);
  const decide = (sides: GroundSides, number = 0, copy_id = number ? copy.id : "") =>
    fake.set("_sides", decidedSides(sides, number, copy_id));
  const set = (sides: GroundSides) => {
    copy.preview(sides);
    copy.commit();
  };
  const status = (value: string) => told(null, value);
  return { fake, ending, copy, decide, set, status, changes: () => changes };
}

test("a drag shows at once, and is one message when it ends", () => {
  const { fake, copy } = open();
  for (const left of [1, 20, 64]) copy.preview({ ...NO_SIDES, left });
  expect(copy.sides).toEqual(LEFT);
  expect(fake.of("sides")).toEqual([]);
  copy.commit();

  expect(copy.sides).toEqual(LEFT);
  expect(fake.of("sides")).toEqual([
    { kind: "sides", painting: PAINTING, copy_id: copy.id, number: 1, sides: LEFT },
  ]);
  expect(fake.saves).toBe(0);
});

test("a drag that is taken back, or comes back to where it began, is no message", () => {
  const { fake, copy } = open();
  copy.preview(LEFT);
  copy.cancel();
  expect(copy.sides).toEqual(NO_SIDES);
  copy.preview(LEFT);
  copy.preview(NO_SIDES);
  copy.commit();
  copy.commit();

  expect(fake.of("sides")).toEqual([]);
});

test("what another page or Python sets is shown", () => {
  const { copy, decide, changes } = open();
  decide(LEFT, 3, "another");
  expect(copy.sides).toEqual(LEFT);
  decide(NO_SIDES);

  expect(copy.sides).toEqual(NO_SIDES);
  expect(changes()).toBe(2);
});

describe("while the kernel has not answered", () => {
  test("what it decided before does not undo what was done here since", () => {
    const { copy, decide, set } = open();
    set(LEFT);
    set({ ...LEFT, right: 8 });
    decide(LEFT, 1);
    expect(copy.sides).toEqual({ ...LEFT, right: 8 });
    decide(RIGHT, 5, "another");
    expect(copy.sides).toEqual({ ...LEFT, right: 8 });
    decide({ ...LEFT, right: 8 }, 2);
    decide(RIGHT, 6, "another");

    expect(copy.sides).toEqual(RIGHT);
  });

  test("a change in progress stays under the hand", () => {
    const { copy, decide } = open();
    copy.preview(LEFT);
    decide(RIGHT);
    expect(copy.sides).toEqual(LEFT);
    copy.cancel();

    expect(copy.sides).toEqual(RIGHT);
  });

  test("it is sent again once the page has found its server again", () => {
    const { fake, decide, set, status } = open();
    set(LEFT);
    status("disconnected");
    status("connected");
    expect(fake.of("sides").map(({ number }) => number)).toEqual([1, 1]);
    decide(LEFT, 1);
    status("disconnected");
    status("connected");

    expect(fake.of("sides")).toHaveLength(2);
  });
});

test("sides that the kernel refused are taken back", () => {
  const { copy, decide, set } = open();
  decide(RIGHT);
  set(LEFT);
  decide(RIGHT, 1);

  expect(copy.sides).toEqual(RIGHT);
});

test("a closed painter listens to nothing any more", () => {
  const { fake, ending, decide, changes } = open();
  ending.abort();
  decide(LEFT);

  expect(changes()).toBe(0);
  expect(fake.listenerCount("change:_sides")).toBe(0);
});
