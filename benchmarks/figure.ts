/** What a workload has measured: one line of the table. */
export type Figure = {
  readonly workload: string
  readonly metric: string
  readonly unit: string
  /** Median of the rounds. */
  readonly value: number
  /** Median of what the machine itself needs for the same, in the same rounds; null where there is no such thing. */
  readonly floor: number | null
  /** Median of the rounds' value / floor. */
  readonly ratio: number | null
  /** Such as `ratio <= 1.3`; null: shown, not judged. */
  readonly budget: string | null
  /** What is held against the budget: that of the best round. Null without a budget. */
  readonly best: number | null
  /** Null without a budget. */
  readonly ok: boolean | null
}

export type Budget = {
  readonly of: 'value' | 'ratio'
  readonly most?: number
  readonly least?: number
}

type Round = { readonly value: number; readonly floor?: number }

/** Sums the rounds of one metric up. A budget is missed only if the best round misses it: the others had neighbours. */
export function figureOf(about: {
  readonly workload: string
  readonly metric: string
  readonly unit: string
  readonly rounds: readonly Round[]
  readonly budget?: Budget
}): Figure {
  const { workload, metric, unit, rounds, budget } = about
  const floors = rounds.flatMap(({ floor }) => (floor === undefined ? [] : [floor]))
  const ratios = rounds.flatMap(({ value, floor }) => (floor === undefined ? [] : [value / floor]))
  const line = {
    workload,
    metric,
    unit,
    value: median(rounds.map(({ value }) => value)),
    floor: floors.length === 0 ? null : median(floors),
    ratio: ratios.length === 0 ? null : median(ratios),
  }
  if (budget === undefined) return { ...line, budget: null, best: null, ok: null }
  const judged = budget.of === 'ratio' ? ratios : rounds.map(({ value }) => value)
  const { most, least } = budget
  return least === undefined
    ? atMost(line, { of: budget.of, limit: most ?? Number.POSITIVE_INFINITY, best: Math.min(...judged) })
    : { ...line, budget: `${budget.of} >= ${least}`, best: Math.max(...judged), ok: Math.max(...judged) >= least }
}

function atMost(
  line: Omit<Figure, 'budget' | 'best' | 'ok'>,
  { of, limit, best }: { readonly of: Budget['of']; readonly limit: number; readonly best: number },
): Figure {
  return { ...line, budget: `${of} <= ${limit}`, best, ok: best <= limit }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
