import Handlebars from 'handlebars'
import { expect, test } from 'vitest'
import { partials, scopeGenerator, templateGenerator } from '../test/random-template.ts'
import { compile, type Helper, type Json, type Scope } from './index.ts'

const templates = 5_000
const scopesEach = 20

/** Objects and lists are JSON in our texts: the oracle's get a toString that says so. */
function forOracle(value: Json): unknown {
  if (value === null || typeof value !== 'object') return value
  const copy: object = Array.isArray(value)
    ? value.map(forOracle)
    : Object.fromEntries(Object.entries(value).map(([key, member]) => [key, forOracle(member)]))
  Object.defineProperty(copy, 'toString', { value: () => JSON.stringify(value), enumerable: false })
  return copy
}

const words = (value: unknown) =>
  value === undefined || value === null ? '-' : typeof value === 'object' ? 'o' : String(value)
/** Handlebars hands hash arguments over from the last to the first. */
const pairs = (hash: object) => Object.entries(hash).sort(([a], [b]) => (a < b ? -1 : 1))
const isTrue = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value))

const ours: Readonly<Record<string, Helper>> = {
  cat: (args, { hash }) =>
    args.map(words).join('') +
    pairs(hash)
      .map(([key, value]) => key + words(value))
      .join(''),
  box: ([value], { block, otherwise, context }) => (isTrue(value) ? `[${block?.(context)}]` : (otherwise?.() ?? '')),
  twice: (_, { block, context }) => `${block?.(context, [1])}${block?.(context, ['2'])}`,
}

type Options = Handlebars.HelperOptions

/** One environment per way of escaping, for Handlebars keeps partials as they were first compiled. */
function oracle(): typeof Handlebars {
  const made = Handlebars.create()
  made.registerHelper('eq', (a: unknown, b: unknown) => (JSON.stringify(a) ?? '') === (JSON.stringify(b) ?? ''))
  made.registerHelper('not', (value: unknown) => !isTrue(value))
  made.registerHelper('cat', (...given: unknown[]) => {
    const { hash } = given.pop() as Options
    return (
      given.map(words).join('') +
      pairs(hash)
        .map(([key, value]) => key + words(value))
        .join('')
    )
  })
  made.registerHelper('box', function (this: unknown, value: unknown, options: Options) {
    return isTrue(value) ? `[${options.fn(this)}]` : options.inverse(this)
  })
  made.registerHelper('twice', function (this: unknown, options: Options) {
    const write = (param: unknown) => options.fn(this, { data: options.data, blockParams: [param] })
    return `${write(1)}${write('2')}`
  })
  made.registerPartial({ ...partials })
  return made
}

const oracles = { html: oracle(), none: oracle() }

test('100,000 generated renderings give the text of Handlebars, or are refused as there', { timeout: 120_000 }, () => {
  const seed = Number(process.env['WONDER_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))
  console.log(`templates against handlebars: seed ${seed}`)
  const next = templateGenerator(seed)
  const nextScope = scopeGenerator(seed)
  const pool = Array.from({ length: 500 }, nextScope).map((scope) => ({ scope, copy: forOracle(scope) }))
  const { escapeExpression } = Handlebars.Utils
  let refused = 0
  try {
    for (let round = 0; round < templates; round++) {
      const { template, html } = next()
      // `noEscape` adds numbers that stand side by side, so texts are left as they are by another way.
      Handlebars.Utils.escapeExpression = html ? escapeExpression : (value: unknown) => String(value ?? '')
      const theirs = attempt(() => oracles[html ? 'html' : 'none'].compile(template))
      const mine = attempt(() =>
        compile(template, { escape: html ? 'html' : 'none', partials, helpers: ours, strict: false }),
      )
      for (let each = 0; each < scopesEach; each++) {
        const { scope, copy } = pool[(round * scopesEach + each) % pool.length] as { scope: Scope; copy: unknown }
        const expected = theirs && attempt(() => theirs(copy))
        const text = mine && attempt(() => mine.render(scope))
        if (expected === undefined) refused += 1
        if (text !== expected) {
          const about = `seed ${seed}, round ${round}: ${JSON.stringify({ template, html, scope })}`
          expect(text, about).toBe(expected)
        }
      }
    }
  } finally {
    Handlebars.Utils.escapeExpression = escapeExpression
  }
  expect(refused).toBeGreaterThan(500)
})

/** Undefined for what is refused. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
