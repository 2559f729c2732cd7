/* The mask as a PNG file of one bit a pixel, made in the browser: it can be downloaded even while the
   kernel is busy or gone. */
import type { MaskRaster } from "./raster";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

const CHECKSUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** Encodes the mask; white is painted. */
export async function maskFile(raster: MaskRaster): Promise<Blob> {
  const { width, height, pixels } = raster;
  const stride = 1 + Math.ceil(width / 8);
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((pixels[y * width + x] as number) & 1) {
        const at = y * stride + 1 + (x >> 3);
        rows[at] = (rows[at] as number) | (128 >> (x & 7));
      }
    }
  }
  const head = new DataView(new ArrayBuffer(13));
  head.setUint32(0, width);
  head.setUint32(4, height);
  // one bit, grey; the other fields are 0
  head.setUint8(8, 1);
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(packed).arrayBuffer());
  return new Blob(
    [
      new Uint8Array(SIGNATURE),
      chunk("IHDR", new Uint8Array(head.buffer)),
      chunk("IDAT", data),
      chunk("IEND", new Uint8Array()),
    ],
    { type: "image/png" },
  );
}

function chunk(name: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(12 + data.length);
  const view = new DataView(made.buffer);
  view.setUint32(0, data.length);
  made.set(new TextEncoder().encode(name), 4);
  made.set(data, 8);
  let checksum = 0xffffffff;
  for (const byte of made.subarray(4, 8 + data.length)) {
    checksum = (CHECKSUMS[(checksum ^ byte) & 255] as number) ^ (checksum >>> 8);
  }
  view.setUint32(8 + data.length, (checksum ^ 0xffffffff) >>> 0);
  return made;
}

/** Has the browser save a file. */
export function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // the browser has read the file by then
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
