import { WonderError } from '@wonder/errors'
import type { Json } from './json.ts'

const units: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `250ms`, `1s`, `5m`, `2h`, `3d`, `1.5h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  const factor = units[found?.[2] ?? '']
  return factor === undefined ? undefined : Math.round(Number(found?.[1]) * factor)
}

/**
 * Milliseconds of a value: a number of them, or the text of a duration. At most 100 years.
 *
 * @param what names it in the error: `sleep of "nap"`
 * @throws WonderError `invalid_value`
 */
export function durationOf(value: Json, what: string): number {
  const found = typeof value === 'string' ? parseDuration(value) : value
  if (typeof found === 'number' && found >= 0 && found <= longest) return Math.round(found)
  const given = JSON.stringify(value)?.slice(0, 80)
  throw new WonderError('invalid_value', `Cannot wait for the ${what}: ${given} is no duration such as 250ms, 5m or 2d`)
}

const longest = 100 * 366 * 86_400_000

/**
 * Epoch ms of a value: a number of them, or an ISO time.
 *
 * @throws WonderError `invalid_value`
 */
export function momentOf(value: Json, what: string): number {
  const found = typeof value === 'string' ? Date.parse(value) : value
  if (typeof found === 'number' && Number.isFinite(found)) return Math.round(found)
  const given = JSON.stringify(value)?.slice(0, 80)
  throw new WonderError(
    'invalid_value',
    `Cannot wait for the ${what}: ${given} is no time such as 2026-01-31T09:00:00Z`,
  )
}
