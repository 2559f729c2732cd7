/* Draws lists of operations with the browser's raster and prints the masks, for a Python test that
   compares them with the kernel's: a line of JSON in for each case, a line of hexadecimal bits out. */
import { createInterface } from "node:readline";
import type { WireStep } from "../../mask_painter/messages";
import { Unpacker } from "../../mask_painter/operations";
import { MaskRaster } from "../../mask_painter/raster";
import { after, EMPTY_HISTORY } from "../../mask_painter/undo_history";

interface Case {
  width: number;
  height: number;
  steps: WireStep[];
  /** float32 pairs in base64. */
  points: string;
}

function hexadecimal(raster: MaskRaster): string {
  const { width, height, pixels } = raster;
  const bytes = new Uint8Array(Math.ceil((width * height) / 8));
  for (let at = 0; at < width * height; at++) {
    if ((pixels[at] as number) & 1) bytes[at >> 3] = (bytes[at >> 3] as number) | (128 >> (at & 7));
  }
  return Buffer.from(bytes).toString("hex");
}

for await (const line of createInterface({ input: process.stdin })) {
  const { width, height, steps, points } = JSON.parse(line) as Case;
  const bytes = Buffer.from(points, "base64");
  const unpacker = new Unpacker(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const raster = new MaskRaster(width, height);
  let history = EMPTY_HISTORY;
  for (const wire of steps) {
    history = after(history, unpacker.step(wire));
    raster.follow(history.done);
  }
  console.log(`${raster.count} ${hexadecimal(raster)}`);
}
