import { expect, test } from "vitest";
import { PictureFile } from "../../mask_painter/picture_file";
import { Connection } from "../../shared/connection";
import { PAINTING, PainterModel } from "./fake_kernel";

const FILE = new DataView(new Uint8Array([1, 2, 3]).buffer);
const COPY = { id: "a", painting: PAINTING };
const EMPTY = new DataView(new ArrayBuffer(0));

/** The file of a painter whose state has this much of it. */
function fileOf(kept: DataView) {
  const fake = new PainterModel(10, 8);
  fake.set("_picture", kept as never);
  const { signal } = new AbortController();
  return {
    fake,
    file: new PictureFile(fake.model, new Connection(fake.model, signal), COPY, signal),
  };
}

async function bytes(file: Blob): Promise<number[]> {
  return [...new Uint8Array(await file.arrayBuffer())];
}

test("what is in the state is not asked for, and stays shown when it is taken out of it", async () => {
  const { fake, file } = fileOf(FILE);

  expect(file.awaited).toBe(false);
  expect(await bytes(await file.get())).toEqual([1, 2, 3]);
  fake.set("_picture", EMPTY as never);
  expect(file.awaited).toBe(false);
  expect(fake.of("picture")).toEqual([]);
});

test("what is not in the state is asked for once, whichever views want it", async () => {
  const { fake, file } = fileOf(EMPTY);
  expect(file.awaited).toBe(true);
  const both = Promise.all([file.get(), file.get()]);

  expect(fake.of("picture")).toEqual([{ kind: "picture", painting: PAINTING, copy_id: "a" }]);
  file.receive({ kind: "picture", painting: PAINTING, copy_id: "another page's" }, [EMPTY]);
  expect(file.awaited).toBe(true);
  file.receive({ kind: "picture", painting: PAINTING, copy_id: "a" }, [FILE]);
  const [first, second] = await both;
  expect(await bytes(first)).toEqual([1, 2, 3]);
  expect(second).toBe(first);
  expect(file.awaited).toBe(false);
  await file.get();
  expect(fake.of("picture")).toHaveLength(1);
});
