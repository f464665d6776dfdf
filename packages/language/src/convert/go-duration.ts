const UNITS: { readonly [unit: string]: number } = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}

const WRITTEN: readonly (readonly [unit: string, milliseconds: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
]

/** `1m30s`, `1.5h`, `5 minutes` as `90s`, `90m`, `5m`; undefined for what is none. */
export function durationText(text: string): string | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-zµ]+)/g)]
  if (parts.length === 0 || text.replace(/(\d+(?:\.\d+)?)\s*([a-zµ]+)/g, '').replace(/[\s,]|and/g, '') !== '')
    return undefined
  let total = 0
  for (const [, number = '', word = ''] of parts) {
    const unit = UNITS[word] ?? UNITS[word.replace(/s$/, '')]
    if (unit === undefined) return undefined
    total += Number(number) * unit
  }
  const milliseconds = Math.round(total)
  const found = WRITTEN.find(([, size]) => milliseconds > 0 && milliseconds % size === 0)
  return found === undefined ? `${milliseconds}ms` : `${milliseconds / found[1]}${found[0]}`
}
