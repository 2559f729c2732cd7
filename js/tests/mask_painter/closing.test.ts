import { expect, test } from "vitest";
import { MaskCopy } from "../../mask_painter/mask_copy";
import { Connection } from "../../shared/connection";
import { PainterModel } from "./fake_kernel";
import { UPPER } from "./open_copy";

function open() {
  const fake = new PainterModel(10, 10);
  const ending = new AbortController();
  const mask = new MaskCopy(fake.model, new Connection(fake, ending.signal));
  return { fake, ending, mask };
}

test("a painter that was closed in Python gives its pixels back", () => {
  const { mask, ending } = open();
  mask.apply(UPPER);
  ending.abort();

  expect(mask.raster.pixels.length).toBe(0);
  expect(mask.connection.state).toBe("closed");
});

test("a painter whose kernel is gone keeps what is painted, and goes on painting", () => {
  const { mask, fake } = open();
  mask.apply(UPPER);
  fake.dead = true;
  mask.apply({ kind: "invert" });

  expect(mask.connection.state).toBe("gone");
  expect(mask.coverage).toBe(0.5);
});
