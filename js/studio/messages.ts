/* The traits of a Studio; the Python side of it is lumen_widgets/widgets/studio/widget.py, and a test holds
   the names of what was spent alike. */

/** What the budget of the kernel's process counts, all of one moment. */
export interface Spending {
  /** Credits that are spent or reserved, as far as prices are known. */
  spent: number;
  /** Credits that may still be spent; null is no limit. */
  left: number | null;
  /** Tasks that count: all that were submitted, but for those that failed. */
  tasks: number;
  tasks_left: number | null;
  /** Of these tasks, how many have no known price. */
  unpriced: number;
  /** Requests of unknown outcome, which count as spent. */
  unknown: number;
  /** Credits that came back because their tasks failed. */
  refunded: number;
}

/** Traits of the widget. */
export interface StudioModel {
  /** The reference of the form; null once that was closed. */
  form: string | null;
  language: string;
  _host: string;
  _spending: Spending;
  _studio: string;
  /** What the static form under the widget is marked with; random. */
  _static_id: string;
}
