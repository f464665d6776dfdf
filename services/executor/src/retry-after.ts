const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** More than a day is taken for a mistake. */
const MAX_DELAY = 86_400_000

/** Milliseconds that a Retry-After header (RFC 9110, 10.2.3: seconds or a date) asks to wait; undefined when it says nothing. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? ''
  const delay = /^\d+$/.test(text) ? Number(text) * 1_000 : dateOf(text) - now
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(delay, 0), MAX_DELAY)
}

/** `Sun, 06 Nov 1994 08:49:37 GMT` in epoch ms. */
function dateOf(text: string): number {
  const parts = /^\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/.exec(text)
  const month = months.indexOf(parts?.[2] ?? '')
  if (parts === null || month === -1) return Number.NaN
  const [day, , year, hours, minutes, seconds] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return Date.UTC(year, month, day, hours, minutes, seconds)
}
