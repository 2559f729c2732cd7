/* How high the stage may be for all of a painter to be seen at once: like an image editor, the picture is
   fitted to what is visible, where a stage of the default height would not be. */

/** CSS px between the painter and the edges of what scrolls it. */
const FREE = 16;
/** CSS px by which a painter is narrower where a scrollbar comes. */
const SCROLLBAR = 24;
const SCROLLS = /auto|scroll/;
/** The parts of a painter that are always there beside the stage. */
const ALWAYS = ".lumen-painter-tools, .lumen-painter-more, footer";

/** Keeps `--lumen-visible` of `stage` at the height that is left beside the other parts of the painter, and of
    what is seen together with it, until `signal` aborts. */
export function fitToVisible(root: HTMLElement, stage: HTMLElement, signal: AbortSignal): void {
  // what has scrolled once limits from then on: it may not have to once the stage is lower
  const scrollers = new Set<Element>();
  let seen = { height: 0, width: 0, fit: 0 };

  const update = () => {
    const width = root.clientWidth;
    // not in the page, or in an output that is collapsed
    if (width === 0) return;
    for (const one of scrollersOf(root)) {
      if (scrollers.has(one)) continue;
      scrollers.add(one);
      observer.observe(one);
    }
    const heights = [...scrollers]
      .filter((one) => one.contains(root))
      .map((one) => one.clientHeight);
    // a frame may be as high as what is in it
    if (window.top === window) heights.push(window.innerHeight);
    const height = Math.min(...heights.filter((one) => one > 0));
    if (!Number.isFinite(height)) return;
    let fit = Math.floor(height - heightBeside(root, stage) - FREE);
    // a lower stage may take the scrollbar away, and a wider painter its second row of tools: growing
    // again would bring both back
    const isSame = height === seen.height && Math.abs(width - seen.width) <= SCROLLBAR;
    if (isSame) fit = Math.min(fit, seen.fit);
    seen = { height, width, fit };
    stage.style.setProperty("--lumen-visible", `${fit}px`);
  };
  const observer = new ResizeObserver(update);
  observer.observe(root);
  window.addEventListener("resize", update, { signal });
  signal.addEventListener("abort", () => observer.disconnect());
}

/** What scrolls an element: it has more to show than there is room. */
function scrollersOf(el: Element): Element[] {
  const found: Element[] = [];
  for (let at = parentOf(el); at !== null; at = parentOf(at)) {
    if (at === document.scrollingElement || at === document.body) continue;
    if (at.scrollHeight > at.clientHeight && SCROLLS.test(getComputedStyle(at).overflowY)) {
      found.push(at);
    }
  }
  return found;
}

/** The parent of an element, also where it stands in a shadow tree. */
function parentOf(el: Element): Element | null {
  const root = el.getRootNode();
  return el.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

/** The height of what is always there beside the stage. What is unfolded, or said for a while, is left out: a
    stage that changes while somebody paints on it would move the picture. */
function heightBeside(root: HTMLElement, stage: HTMLElement): number {
  const style = getComputedStyle(root);
  const length = (value: string) => Number.parseFloat(value) || 0;
  const edges = [
    style.paddingTop,
    style.paddingBottom,
    style.borderTopWidth,
    style.borderBottomWidth,
  ];
  let height = edges.reduce((sum, one) => sum + length(one), 0);
  for (const part of root.children) {
    if (part.contains(stage) || !part.matches(ALWAYS)) continue;
    height += heightOf(part.querySelector(":scope > summary") ?? part) + length(style.rowGap);
  }
  const whole = root.closest("[data-seen-together]");
  for (const part of whole?.children ?? []) {
    if (part.contains(root)) continue;
    height += heightOf(part) + length(getComputedStyle(whole as Element).rowGap);
  }
  // between the tools and the stage
  return height + length(style.rowGap);
}

/** A slide show may scale the page as a whole: this is without that. */
function heightOf(el: Element): number {
  return el instanceof HTMLElement ? el.offsetHeight : 0;
}
