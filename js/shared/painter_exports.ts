/* What a mask painter exports to the widget that shows it. */
import type { Sides } from "./side_numbers";

export interface PainterExports {
  /** The id of the painting that it shows now. */
  painting(): string;
  /** Calls `listener` with each step that is made in this page, until `signal` aborts. */
  onStep(listener: () => void, signal: AbortSignal): void;
  /** Calls `listener` with the new ground that is set in the painter in this page. */
  onSides(listener: (sides: Readonly<Sides>) => void, signal: AbortSignal): void;
  /** Sets the new ground. */
  setSides(sides: Readonly<Sides>): void;
  /** Moves the focus to what is painted on, in the view inside of `el`. */
  focus(el: HTMLElement): void;
}
