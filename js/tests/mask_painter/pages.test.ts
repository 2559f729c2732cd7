import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MaskDocument } from "../../mask_painter/document";
import type { KernelMessage } from "../../mask_painter/messages";
import { MaskRaster } from "../../mask_painter/raster";
import { Kernel, PainterModel, type Sent } from "./fake_kernel";
import { Dice } from "./random_steps";

const WIDTH = 23;
const HEIGHT = 17;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pixels = (raster: MaskRaster) => [...raster.pixels].map((pixel) => pixel & 1);

/** A page, and what is on its way to it and from it. */
class Page {
  readonly fake = new PainterModel(WIDTH, HEIGHT);
  readonly mask = new MaskDocument(this.fake.model);
  readonly inbox: Sent<KernelMessage>[] = [];
  #heard = 0;

  /** Hands the next message over to the kernel, or loses it; false if there is none. */
  speak(kernel: Kernel, lost: boolean): boolean {
    const next = this.fake.outbox[this.#heard];
    if (!next) return false;
    this.#heard++;
    if (!lost) this.inbox.push(...kernel.hear(next));
    return true;
  }

  /** Lets the next message of the kernel arrive, or loses it; false if there is none. */
  listen(lost: boolean): boolean {
    const next = this.inbox.shift();
    if (!next) return false;
    if (!lost) this.mask.receive(next.message, next.buffers);
    return true;
  }
}

function act(mask: MaskDocument, dice: Dice): void {
  if (mask.raster.painting) {
    const next = dice.below(4);
    if (next === 0) mask.commit();
    else if (next === 1 && dice.below(4) === 0) mask.abandon();
    else mask.extend(dice.points(1 + dice.below(3)));
  } else if (dice.below(2) === 0) {
    mask.begin(dice.pick([0.5, 2, 5]), dice.below(3) === 0);
  } else {
    mask.do(dice.step());
  }
}

function run(seed: number, losses: boolean): void {
  const dice = new Dice(seed);
  const bytes = Math.ceil((WIDTH * HEIGHT) / 8);
  const base = dice.below(2) === 0 ? Uint8Array.from(Array(bytes), () => dice.below(256)) : null;
  const kernel = new Kernel(base ?? new Uint8Array());
  const pages = [new Page(), new Page()];
  const tell = (lost: boolean) => {
    const told = kernel.tell();
    if (told) for (const page of pages) if (!lost) page.inbox.push(told);
  };
  for (const page of pages) page.mask.hello();
  // what a page's first word is must arrive, or it would wait for ever
  for (const page of pages) page.speak(kernel, false);
  for (const page of pages) page.listen(false);
  for (let turn = 0; turn < 60; turn++) {
    const page = dice.pick(pages);
    const lost = losses && dice.below(6) === 0;
    switch (dice.below(6)) {
      case 0:
        page.speak(kernel, lost);
        break;
      case 1:
        page.listen(lost);
        break;
      case 2:
        tell(false);
        break;
      case 3:
        if (dice.below(3) === 0) kernel.add(dice.step());
        break;
      default:
        act(page.mask, dice);
    }
  }
  // hands rest, and everything arrives; a last step shows what was lost before it
  for (const { mask } of pages) {
    mask.commit();
    mask.do({ kind: "invert" });
  }
  for (let round = 0; round < 9; round++) {
    for (const page of pages) while (page.speak(kernel, false));
    if (round === 3) kernel.add({ kind: "invert" });
    tell(false);
    for (const page of pages) while (page.listen(false));
  }
  const raster = new MaskRaster(WIDTH, HEIGHT);
  raster.startFrom(base);
  raster.follow(kernel.history.done);
  for (const { mask } of pages) {
    expect(pixels(mask.raster)).toEqual(pixels(raster));
    expect(mask.history.done).toEqual(kernel.history.done);
    expect(mask.history.undone).toEqual(kernel.history.undone);
    expect(mask.share).toBeCloseTo(raster.count / (WIDTH * HEIGHT), 12);
  }
}

test("two pages and the kernel come to one mask, whatever is done in which order", () => {
  for (let seed = 0; seed < 150; seed++) run(seed, false);
});

test("and also if messages are lost on the way, in either direction", () => {
  for (let seed = 1000; seed < 1150; seed++) run(seed, true);
});
