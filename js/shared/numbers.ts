/* Numbers in words. */

/** A number without the rounding errors of a sum: all the digits that a price can have. */
export function numberWords(value: number): string {
  return String(Number(value.toPrecision(12)));
}
