/* The list of a painter's keys, folded at first. */
import { element } from "../shared/dom";
import type { Words } from "./words";

export function keyList(words: Words): HTMLElement {
  const rows: [string[], string][] = [
    [["B", "E", "R", "O"], words.keyTool],
    [["X"], words.keySwap],
    [["[", "]"], words.keySize],
    [["←", "→", "↑", "↓"], words.keyMove],
    [["Enter"], words.keyPaint],
    [["Shift+Enter"], words.keyLine],
    [["Shift", "Alt"], words.keyShape],
    [["Ctrl+Z", "Ctrl+Shift+Z"], words.keyUndo],
    [["I", "Delete"], words.keyInvert],
    [[words.space], words.keyPan],
    [["P"], words.keyPeek],
    [["+", "-", "0", "1"], words.keyZoom],
    [[words.wheel], words.keyWheel],
    [["←", "→", "↑", "↓"], words.keySides],
    [["Home", "End", "Esc"], words.keySidesEnds],
  ];
  const list = element("dl", { class: "lumen-painter-keys" });
  for (const [keys, meaning] of rows) {
    const term = element("dt", {});
    for (const key of keys) term.append(element("kbd", {}, key), " ");
    list.append(element("div", {}, term, element("dd", {}, meaning)));
  }
  return element(
    "details",
    { class: "lumen-painter-more" },
    element("summary", {}, words.keys),
    list,
  );
}
