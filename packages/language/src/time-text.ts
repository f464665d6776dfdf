/** A moment with its offset from UTC (RFC 3339), as it was written; undefined for anything else. */
export function timeText(text: string): string | undefined {
  const found = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/.exec(text)
  if (found === null) return undefined
  const [month, day, hour, minute, second] = found.slice(2, 7).map((part) => Number(part ?? 0))
  const sound =
    inside(month, 1, 12) && inside(day, 1, 31) && inside(hour, 0, 23) && inside(minute, 0, 59) && inside(second, 0, 59)
  return sound ? text : undefined
}

function inside(value: number | undefined, least: number, most: number): boolean {
  return value !== undefined && value >= least && value <= most
}
