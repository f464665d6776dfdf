/** Money is counted in billionths of a dollar: sums of what computers make of 0.1 stay exact. */
export function plus(a: number, b: number): number {
  const sum = a + b
  return Number.isInteger(sum) ? sum : Math.round(sum * 1e9) / 1e9
}
