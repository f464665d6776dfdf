import type { RetryDef } from './definition.ts'

/**
 * Milliseconds until the next try, after `tries` have failed.
 *
 * none: 0. linear: initial × tries. exponential: initial × 2^(tries − 1). At most `max_delay`; of that, the share `jitter`
 * is drawn from `chance` in [0, 1), so that equal runs give equal journals and many runs do not come back at once.
 */
export function retryDelay(retry: RetryDef, tries: number, chance: number): number {
  const base =
    retry.backoff === 'none'
      ? 0
      : retry.backoff === 'linear'
        ? retry.initial_delay * tries
        : retry.initial_delay * 2 ** (tries - 1)
  const capped = Math.min(base, retry.max_delay)
  return Math.round(capped * (1 - retry.jitter * chance))
}

/** Is another attempt tried after this error, the `tries`-th in a row? */
export function retries(
  retry: RetryDef,
  tries: number,
  error: { readonly code: string; readonly retry: string },
): boolean {
  const { max_attempts, only, except } = retry
  if (error.retry === 'never' || tries >= max_attempts) return false
  return (only === undefined || only.includes(error.code)) && except?.includes(error.code) !== true
}

/** A number in [0, 1) that depends on the seed and the text alone (FNV-1a, then the finalizer of MurmurHash3). */
export function chanceOf(seed: number, text: string): number {
  return mixSeed(seed, text) / 2 ** 32
}

/** An integer in [0, 2^32) that depends on the seed and the text alone. */
export function mixSeed(seed: number, text: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
