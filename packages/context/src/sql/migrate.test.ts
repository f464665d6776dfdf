import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inBothDatabases } from '../../test/both-databases.ts'
import { storedObject } from '../../test/stored-object.ts'
import type { JsonSchema, SchemaObject } from '../json-schema.ts'
import { compile } from '../schema.ts'
import { migrate } from './migrate.ts'
import type { Answers, Decision } from './migration-answers.ts'
import { SqlTables } from './sql-tables.ts'

const id = { type: 'string' } as const
const version = (
  properties: { [name: string]: JsonSchema },
  required: string[] = [],
  more: SchemaObject = {},
): SchemaObject => ({
  type: 'object',
  properties: { id, ...properties },
  required: ['id', ...required],
  additionalProperties: false,
  ...more,
})
const tablesOf = (schema: JsonSchema, dialect: 'sqlite' | 'postgresql' = 'sqlite') =>
  new SqlTables(schema, { name: 'thing', dialect })
const asked = (from: JsonSchema, to: JsonSchema, answers?: Answers) => {
  const migration = migrate(tablesOf(from), tablesOf(to), answers)
  return migration.ok ? [] : migration.decisions.map(({ kind, pointer }) => `${kind} ${pointer}`)
}

describe('migrate()', () => {
  test.each<[string, JsonSchema, JsonSchema, string[]]>([
    ['a property that is gone', version({ a: id }), version({}), ['drop /a']],
    ['a property that is required now', version({}), version({ a: id }, ['a']), ['fill /a']],
    ['a list that is gone', version({ a: { type: 'array', items: id } }), version({}), ['drop /a']],
    ['a list that is required now', version({}), version({ a: { type: 'array', items: id } }, ['a']), ['fill /a']],
    ['a text that becomes a number', version({ a: id }), version({ a: { type: 'number' } }), ['convert /a']],
    [
      'null and missing that become one',
      version({ a: { type: ['string', 'null'] } }),
      version({ a: id }),
      ['narrow /a'],
    ],
    [
      'missing that becomes null',
      version({ a: id }),
      version({ a: { type: ['string', 'null'] } }, ['a']),
      ['narrow /a'],
    ],
    [
      'unknown properties that are refused now',
      version({}, [], { additionalProperties: true }),
      version({}),
      ['drop '],
    ],
    [
      'an object that is always there now',
      version({ a: { type: 'object', properties: { b: id }, additionalProperties: false } }),
      version({ a: { type: 'object', properties: { b: id }, additionalProperties: false } }, ['a']),
      ['narrow /a'],
    ],
    [
      'another key',
      version({}),
      { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'], additionalProperties: false },
      ['key '],
    ],
  ])('asks about %s', (_, from, to, decisions) => {
    expect(asked(from, to)).toEqual(decisions)
  })

  test('has nothing to do between equal versions', () => {
    expect(migrate(tablesOf(version({ a: id })), tablesOf(version({ a: id })))).toEqual({ ok: true, statements: [] })
  })
})

/** Answers that keep everything that has a place. */
function answersTo(decisions: readonly Decision[]): Answers {
  return Object.fromEntries(
    decisions.map(({ kind, pointer }) => [
      pointer,
      kind === 'narrow' || kind === 'fill' ? { accept: true, fill: null } : { drop: true },
    ]),
  )
}

inBothDatabases((claim, dialect) => {
  const stored = (schema: JsonSchema) => tablesOf(schema, dialect)

  claim('a property is renamed, filled and dropped as answered', async (database) => {
    const from = stored(version({ nick: id, old: { type: 'integer' }, list: { type: 'array', items: id } }, ['old']))
    const to = stored(
      version(
        {
          name: id,
          age: { type: 'integer', minimum: 0 },
          old: { type: 'number' },
          list: { type: 'array', items: { type: 'string', maxLength: 9 } },
        },
        ['age', 'old'],
      ),
    )
    await database.run([...from.create(), ...from.insert({ id: 'x', nick: 'Ada', old: 3, list: ['a', 'b'] })])

    const migration = migrate(from, to, { '/name': { from: '/nick' }, '/age': { fill: 7 } })

    expect(migration).toMatchObject({ ok: true })
    await database.run(migration.ok ? migration.statements : [])
    const value = to.read(await database.run(to.select({ id: 'x' })))
    expect(value).toEqual({ id: 'x', name: 'Ada', age: 7, old: 3, list: ['a', 'b'] })
    await expect(database.run(to.insert({ id: 'y', age: -1, old: 1 }))).rejects.toThrow()
  })

  claim('rows that a narrower rule refuses make it fail, and stay', async (database) => {
    const from = stored(version({ a: id }))
    const to = stored(version({ a: { type: 'string', maxLength: 1 } }))
    await database.run([...from.create(), ...from.insert({ id: 'x', a: 'long' })])
    const migration = migrate(from, to)

    await expect(database.run(migration.ok ? migration.statements : [])).rejects.toThrow()

    expect(from.read(await database.run(from.select({ id: 'x' })))).toEqual({ id: 'x', a: 'long' })
  })

  claim('data that fit both versions survive', async (database) => {
    const changes = fc.constantFrom<(schema: SchemaObject) => SchemaObject>(
      (schema) => schema,
      (schema) => ({ ...schema, required: ['id'] }),
      (schema) => ({ ...schema, additionalProperties: true }),
      (schema) => ({
        ...schema,
        properties: mapped(schema, (each) => (typeof each === 'boolean' ? each : { ...each, nullable: true })),
      }),
      (schema) => ({
        ...schema,
        properties: mapped(schema, (each) =>
          typeof each === 'boolean' ? each : { ...each, description: 'x', 'x-sql': 'json' },
        ),
      }),
      (schema) => ({
        ...schema,
        properties: { ...schema.properties, more: { type: 'array', items: { type: 'integer' } } },
      }),
      (schema) => ({
        ...schema,
        properties: { ...schema.properties, 'new"': { type: 'object', properties: { a: id }, required: ['a'] } },
      }),
      (schema) => ({
        ...schema,
        properties: mapped(schema, (each) => (isType(each, 'integer') ? { type: 'number' } : each)),
      }),
      (schema) => ({ ...schema, properties: Object.fromEntries(Object.entries(schema.properties ?? {}).toReversed()) }),
    )
    const cases = storedObject(1).chain(({ schema, values }) =>
      fc.record({
        from: fc.constant(schema as SchemaObject),
        value: values,
        changes: fc.array(changes, { minLength: 1, maxLength: 3 }),
        back: fc.boolean(),
      }),
    )
    let carried = 0
    await fc.assert(
      fc.asyncProperty(cases, async ({ from, value, changes, back }) => {
        const other = changes.reduce<SchemaObject>((schema, change) => change(schema), from)
        const [first, second] = back ? [other, from] : [from, other]
        fc.pre(compile(first).accepts(value) && compile(second).accepts(value))
        const [old, made] = [stored(first), stored(second)]
        await database.clear()
        await database.run([...old.create(), ...old.insert(value)])

        let migration = migrate(old, made)
        // What a person would say, as far as it does not throw away what still has a place.
        if (
          !migration.ok &&
          migration.decisions.every(
            ({ kind, pointer }) => kind === 'narrow' || kind === 'fill' || isGone(pointer, value),
          )
        ) {
          migration = migrate(old, made, answersTo(migration.decisions))
        }
        if (!migration.ok) return

        await database.run(migration.statements)
        expect(made.read(await database.run(made.select(value)))).toEqual(value)
        await database.run(made.update(value))
        expect(made.read(await database.run(made.select(value)))).toEqual(value)
        carried += 1
      }),
      { numRuns: dialect === 'sqlite' ? 400 : 100 },
    )
    expect(carried).toBeGreaterThan(20)
  })
})

function mapped(schema: SchemaObject, change: (schema: JsonSchema) => JsonSchema): { [name: string]: JsonSchema } {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, each]) => [name, name === 'id' ? each : change(each)]),
  )
}

function isType(schema: JsonSchema, type: string): boolean {
  return typeof schema !== 'boolean' && schema.type === type
}

/** Does the value have nothing there? */
function isGone(pointer: string, value: unknown): boolean {
  const [, first = ''] = pointer.split('/')
  return pointer !== '' && !Object.hasOwn(value as object, first.replaceAll('~1', '/').replaceAll('~0', '~'))
}
