import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MaskCopy } from "../../mask_painter/mask_copy";
import type { KernelMessage } from "../../mask_painter/messages";
import { MaskRaster } from "../../mask_painter/raster";
import { connect } from "../shared/fake_model";
import { FakeKernel, PainterModel, type Sent } from "./fake_kernel";
import { RandomSteps } from "./random_steps";

const WIDTH = 23;
const HEIGHT = 17;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pixels = (raster: MaskRaster) => [...raster.pixels].map((pixel) => pixel & 1);

/** A page, with the messages on the way to it and from it. */
class Page {
  readonly fake = new PainterModel(WIDTH, HEIGHT);
  readonly mask = new MaskCopy(this.fake.model, connect(this.fake));
  readonly inbox: Sent<KernelMessage>[] = [];
  #delivered = 0;

  /** Delivers the page's next message to the kernel, or loses it; false if there is none. */
  sendNext(kernel: FakeKernel, lost: boolean): boolean {
    const next = this.fake.outbox[this.#delivered];
    if (!next) return false;
    this.#delivered++;
    if (!lost) this.inbox.push(...kernel.receive(next));
    return true;
  }

  /** Delivers the kernel's next message to the page, or loses it; false if there is none. */
  receiveNext(lost: boolean): boolean {
    const next = this.inbox.shift();
    if (!next) return false;
    if (!lost) this.mask.receive(next.message, next.buffers);
    return true;
  }
}

function act(mask: MaskCopy, random: RandomSteps): void {
  if (mask.raster.painting) {
    const next = random.below(4);
    if (next === 0) mask.commitStroke();
    else if (next === 1 && random.below(4) === 0) mask.cancelStroke();
    else mask.extendStroke(random.points(1 + random.below(3)));
  } else if (random.below(2) === 0) {
    mask.beginStroke(random.pick([0.5, 2, 5]), random.below(3) === 0);
  } else {
    mask.apply(random.step());
  }
}

function run(seed: number, losses: boolean): void {
  const random = new RandomSteps(seed);
  const bytes = Math.ceil((WIDTH * HEIGHT) / 8);
  const base =
    random.below(2) === 0 ? Uint8Array.from(Array(bytes), () => random.below(256)) : null;
  const kernel = new FakeKernel(base ?? new Uint8Array());
  const pages = [new Page(), new Page()];
  const deliverNews = (lost: boolean) => {
    const news = kernel.news();
    if (news) for (const page of pages) if (!lost) page.inbox.push(news);
  };
  for (const page of pages) page.mask.hello();
  // the first message of a page must arrive, or the page would wait forever
  for (const page of pages) page.sendNext(kernel, false);
  for (const page of pages) page.receiveNext(false);
  for (let turn = 0; turn < 60; turn++) {
    const page = random.pick(pages);
    const lost = losses && random.below(6) === 0;
    switch (random.below(6)) {
      case 0:
        page.sendNext(kernel, lost);
        break;
      case 1:
        page.receiveNext(lost);
        break;
      case 2:
        deliverNews(false);
        break;
      case 3:
        if (random.below(3) === 0) kernel.add(random.step());
        break;
      default:
        act(page.mask, random);
    }
  }
  // the strokes end, and every message arrives; a last step reveals what was lost before it
  for (const { mask } of pages) {
    mask.commitStroke();
    mask.apply({ kind: "invert" });
  }
  for (let round = 0; round < 9; round++) {
    for (const page of pages) while (page.sendNext(kernel, false));
    if (round === 3) kernel.add({ kind: "invert" });
    deliverNews(false);
    for (const page of pages) while (page.receiveNext(false));
  }
  const raster = new MaskRaster(WIDTH, HEIGHT);
  raster.setBase(base);
  raster.follow(kernel.history.done);
  for (const { mask } of pages) {
    expect(pixels(mask.raster)).toEqual(pixels(raster));
    expect(mask.history.done).toEqual(kernel.history.done);
    expect(mask.history.undone).toEqual(kernel.history.undone);
    expect(mask.coverage).toBeCloseTo(raster.count / (WIDTH * HEIGHT), 12);
  }
}

test("two pages and the kernel come to the same mask, for any steps in any order", () => {
  for (let seed = 0; seed < 150; seed++) run(seed, false);
  // milliseconds: hundreds of sessions, maybe on a busy machine
}, 60_000);

test("also if messages are lost, in either direction", () => {
  for (let seed = 1000; seed < 1150; seed++) run(seed, true);
}, 60_000);
