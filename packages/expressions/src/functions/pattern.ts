import { RE2JS } from 're2js'
import { failed } from '../failure.ts'
import { type Call, textAt } from './cel-function.ts'

/** UTF-16 units of a pattern. */
const MAX_PATTERN = 1_000

/** A pattern written in an expression is compiled with it; this keeps the last few that were computed. */
const compiled = new Map<string, RE2JS>()
const MAX_COMPILED = 100

/** `text.matches(pattern)`: whether the pattern is found in the text. RE2, in time linear in the text. */
export function matchesPattern(call: Call): boolean {
  const text = textAt(call, 0)
  const pattern = textAt(call, 1)
  call.run.spend(10 + (text.length >>> 3) + programSize(pattern), call.site)
  return compilePattern(pattern, call).matcher(text).find()
}

/**
 * About what a pattern compiles to: `.{999}` is short and has a thousand states. Charged at each call, for whether the
 * pattern is still compiled depends on what ran before, and fuel must not.
 */
function programSize(pattern: string): number {
  let repeats = 1
  for (const [digits] of pattern.matchAll(/\d+(?=,?\d*\})/g)) repeats = Math.max(repeats, Number(digits))
  for (const [, digits] of pattern.matchAll(/,(\d+)\}/g)) repeats = Math.max(repeats, Number(digits))
  return (pattern.length * Math.min(repeats, MAX_PATTERN)) >>> 3
}

function compilePattern(pattern: string, call: Call): RE2JS {
  const known = compiled.get(pattern)
  if (known) return known
  if (pattern.length > MAX_PATTERN) {
    throw failed(call.site, () => `matches() takes patterns of at most ${MAX_PATTERN} characters`)
  }
  let made: RE2JS
  try {
    made = RE2JS.compile(pattern)
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw failed(call.site, () => `matches() cannot read the pattern "${pattern}": ${why}`)
  }
  if (compiled.size >= MAX_COMPILED) compiled.clear()
  compiled.set(pattern, made)
  return made
}
