import type { Figure } from './figure.ts'

/** Figures for people. */
export function table(figures: readonly Figure[]): string {
  const head = ['workload', 'metric', 'value', 'floor', 'ratio', 'budget', 'best', '']
  const rows = figures.map((figure) => [
    figure.workload,
    figure.metric,
    `${short(figure.value)} ${figure.unit}`,
    figure.floor === null ? '' : `${short(figure.floor)} ${figure.unit}`,
    figure.ratio === null ? '' : figure.ratio.toFixed(2),
    figure.budget ?? '',
    figure.best === null ? '' : short(figure.best),
    figure.ok === null ? '' : figure.ok ? 'ok' : 'MISSED',
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const numbers = new Set([2, 3, 4, 6])
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        numbers.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [head, ...rows].map(line).join('\n')
}

function short(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en')
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}
