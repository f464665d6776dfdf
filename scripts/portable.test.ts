import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { portabilityProblems } from './portable.ts'

const file = resolve(import.meta.dirname, '../packages/errors/src/imagined.ts')

/** The lines, from 1, in which a problem is found. */
function linesWithProblems(lines: readonly string[]): number[] {
  const problems = portabilityProblems(new Map([[file, lines.join('\n')]]))
  const numbers = problems.map((problem) => Number(/imagined\.ts:(\d+):/.exec(problem)?.[1]))
  return [...new Set(numbers)].sort((a, b) => a - b)
}

const allowed = [
  'export const bytes: Uint8Array = new TextEncoder().encode("x")',
  'export const text = new TextDecoder().decode(bytes)',
  'export const url = new URL("http://localhost/?a=1").searchParams.get("a")',
  'export const signal = AbortSignal.any([new AbortController().signal])',
  'export const digest = crypto.subtle.digest("SHA-256", new Uint8Array(1))',
  'export const copy = structuredClone({ a: 1 })',
  'export const stream = new ReadableStream<string>()',
  'export const day = new Date(0)',
  'export const later = new Date(day).getTime() + Date.parse("2020-01-01T00:00:00Z") + Date.UTC(2020)',
  'export const isDate = (value: unknown): value is Date => value instanceof Date',
  'export const most = Math.max(1, 2)',
  'export const own = { Date: 1 }.Date',
  'export const tag: Function = () => queueMicrotask(() => {})',
]

const forbidden = [
  'export const a = Date.now()',
  'export const b = new Date()',
  'export const c = new Date',
  'export const d = Date()',
  'export const { now } = Date',
  'export const e = Reflect.construct(Date, [])',
  'export const f = Math.random()',
  'export const g = Math["random"]()',
  'export const h = [1].map(Math.random)',
  'export const i = new Function("return 1")',
  'export const j = Function("return 1")',
  'export const k = eval("1")',
  'export const l = globalThis["Da" + "te"]',
  'export const m = performance.now()',
  'export const n = setTimeout(() => {}, 1)',
  'export const o = console.log("x")',
  'export const p = process.env',
  'export const q = fetch("http://localhost")',
  'export const r = Buffer.from("x")',
  'export const s = crypto.randomUUID()',
  'export const t = crypto.getRandomValues(new Uint8Array(1))',
  'export const u = AbortSignal.timeout(5)',
  'export { readFileSync } from "node:fs"',
  'export const v = require("fs")',
  'export const w = window',
]

describe('portabilityProblems()', () => {
  test('finds nothing in what every runtime has', () => {
    expect(linesWithProblems(allowed)).toEqual([])
  })

  test('finds every use of the clock, randomness, timers, console, environment, network and code from text', () => {
    const lines = linesWithProblems(forbidden)

    expect(lines).toEqual(forbidden.map((_, index) => index + 1))
  })

  test('lets a local name hide a global', () => {
    expect(linesWithProblems(['export const f = (Date: { now(): number }) => Date.now()'])).toEqual([])
  })
})
