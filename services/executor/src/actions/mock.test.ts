import { compile, type JsonSchema } from '@wonder/context'
import { SimulatedClock } from '@wonder/driver-memory'
import type { Json } from '@wonder/platform'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scenario } from '../../test/scenario.ts'
import { sampleValue } from '../sample-value.ts'

const schema = {
  type: 'object',
  required: ['id', 'score', 'tags', 'state', 'at'],
  properties: {
    id: { type: 'integer', minimum: 10, maximum: 20 },
    score: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    tags: { type: 'array', minItems: 2, maxItems: 4, items: { type: 'string', minLength: 3, maxLength: 12 } },
    state: { enum: ['open', 'closed'] },
    at: { type: 'string', format: 'date-time' },
    note: { type: ['string', 'null'] },
    step: { type: 'integer', multipleOf: 5, minimum: 7 },
    kind: { const: 'x' },
    any: { anyOf: [{ type: 'boolean' }, { type: 'string' }] },
  },
} satisfies JsonSchema

describe('mock', () => {
  it('answers its output', async () => {
    expect(await scenario({}).output({ output: [1, null] })).toEqual([1, null])
    expect(await scenario({}).output({})).toBeNull()
  })

  it('gives the same sample for the same attempt, and another for another seed', async () => {
    const one = await scenario({}).output({ schema })
    expect(await scenario({}).output({ schema })).toEqual(one)
    expect(await scenario({}).output({ schema }, { seed: 8 })).not.toEqual(one)
    expect(await scenario({}).output({ schema, seed: 3 }, { seed: 8 })).toEqual(
      await scenario({}).output({ schema, seed: 3 }),
    )
  })

  it('samples what fits the schema', () => {
    const fits = compile(schema)
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(fits.check(sampleValue(schema, seed), { formats: true })).toMatchObject({ ok: true })
      }),
    )
  })

  it('ends in a schema that contains itself', () => {
    const nested: { [key: string]: Json } = { type: 'object', required: ['a'] }
    let inner: Json = nested
    for (let depth = 0; depth < 30; depth++) inner = { type: 'array', items: inner }
    expect(JSON.stringify(sampleValue(inner, 1)).length).toBeLessThan(100_000)
  })

  it('fails as often as it is told, with the code that it is told', async () => {
    const fail = { code: 'flaky', message: 'not yet', times: 2 }
    const task = scenario({})
    expect(await task.error({ fail, output: 1 })).toEqual({ code: 'flaky', message: 'not yet', retry: 'safe' })
    expect((await task.error({ fail, output: 1 }, {}, { attempt: 2 })).code).toBe('flaky')
    expect(await task.output({ fail, output: 1 }, {}, { attempt: 3 })).toBe(1)
  })

  it('waits for its delay, by the clock', async () => {
    const clock = new SimulatedClock()
    const task = scenario({ clock })
    const output = task.output({ delay: 500, output: 1 })
    await new Promise(setImmediate)
    expect(clock.next()).toBe(clock.now() + 500)
    clock.advance(500)
    expect(await output).toBe(1)
  })
})
