import { describe, expect, test } from 'vitest'
import { inBothDatabases } from '../../test/both-databases.ts'
import type { JsonSchema } from '../json-schema.ts'
import { type SqlOptions, SqlTables } from './sql-tables.ts'

const person: JsonSchema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    name: { type: 'string', minLength: 1, maxLength: 20 },
    status: { enum: ['new', "don't"], default: 'new' },
    address: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
    phones: {
      type: 'array',
      items: {
        type: 'object',
        properties: { number: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
        required: ['number', 'tags'],
        additionalProperties: false,
      },
    },
  },
  required: ['id', 'name', 'status', 'address', 'phones'],
  additionalProperties: false,
}

const tables = (schema: JsonSchema, options: Partial<SqlOptions> = {}) =>
  new SqlTables(schema, { name: 'person', dialect: 'sqlite', ...options })
const code = (name: string) => expect.objectContaining({ code: name })

describe('create()', () => {
  test('makes flat columns, child tables, checks, defaults, keys and indices', () => {
    const created = tables(person, {
      indices: [['/address/city']],
      unique: [['/name']],
      references: { '/status': { table: 'status', column: 'name' } },
    }).create()

    expect(created.map(({ sql }) => sql)).toEqual([
      `CREATE TABLE "person" (
  "id" INTEGER NOT NULL,
  "name" TEXT NOT NULL CHECK (length("name") >= 1 AND length("name") <= 20),
  "status" TEXT NOT NULL DEFAULT 'new' CHECK ("status" IN ('new', 'don''t')),
  "address_city" TEXT NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "reference_0" FOREIGN KEY ("status") REFERENCES "status" ("name") ON DELETE RESTRICT
)`,
      `CREATE TABLE "person_phones" (
  "person_id" INTEGER NOT NULL,
  "index" INTEGER NOT NULL,
  "number" TEXT NOT NULL,
  PRIMARY KEY ("person_id", "index"),
  CONSTRAINT "reference_0" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE CASCADE
)`,
      `CREATE TABLE "person_phones_tags" (
  "person_id" INTEGER NOT NULL,
  "person_phones_index" INTEGER NOT NULL,
  "index" INTEGER NOT NULL,
  "value" TEXT NOT NULL,
  PRIMARY KEY ("person_id", "person_phones_index", "index"),
  CONSTRAINT "reference_0" FOREIGN KEY ("person_id", "person_phones_index") REFERENCES "person_phones" ("person_id", "index") ON DELETE CASCADE
)`,
      'CREATE INDEX "person_address_city_index" ON "person" ("address_city")',
      'CREATE UNIQUE INDEX "person_name_unique" ON "person" ("name")',
    ])
  })

  test('keeps objects and lists as JSON when asked, for all or for one place', () => {
    const columnsOf = (schema: JsonSchema, options?: Partial<SqlOptions>) =>
      tables(schema, options).tables.map((table) => table.columns.map(({ name, type }) => `${name} ${type}`))

    expect(columnsOf(person, { objects: 'json', arrays: 'json' })).toEqual([
      ['id integer', 'name text', 'status text', 'address json', 'phones json'],
    ])
    const placed: JsonSchema = {
      type: 'object',
      properties: { id: { type: 'string' }, a: { type: 'array', items: { type: 'string' }, 'x-sql': 'json' } },
      required: ['id'],
    }
    expect(columnsOf(placed)).toEqual([['id text', 'a json', '_rest json']])
  })

  test.each<[string, JsonSchema, Partial<SqlOptions>]>([
    ['no object', { type: 'string' }, {}],
    ['no key', person, { key: 'nope' }],
    ['a key that may be missing', { type: 'object', properties: { id: { type: 'string' } } }, {}],
    ['a key that is a list', person, { key: 'phones' }],
    [
      'more columns than D1 takes',
      {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string' },
          ...Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`p${at}`, { type: 'string' }])),
        },
      },
      {},
    ],
    ['an index over nothing', person, { indices: [['/nope']] }],
    ['a table without a name', person, { references: { '/name': { table: '', column: 'a' } } }],
  ])('refuses %s', (_, schema, options) => {
    expect(() => tables(schema, options).create()).toThrowError(code('no_table_for_schema'))
  })
})

describe('insert()', () => {
  test.each<[string, unknown]>([
    ['a text with U+0000', { id: 'a', text: '\0' }],
    ['half a surrogate pair', { id: 'a', text: '\ud800' }],
    ['a whole number beyond 2^53', { id: 'a', count: 2 ** 60 }],
    ['a wrong type', { id: 'a', text: 1 }],
    ['a property that has no place', { id: 'a', more: 1 }],
    ['a missing required property', { text: 'a' }],
    ['no object', 'a'],
  ])('refuses %s', (_, value) => {
    const schema: JsonSchema = {
      type: 'object',
      properties: { id: { type: 'string' }, text: { type: 'string' }, count: { type: 'integer' } },
      required: ['id'],
      additionalProperties: false,
    }

    expect(() => tables(schema).insert(value)).toThrowError(code('not_storable'))
  })

  test('never has more than 100 parameters in a statement', () => {
    const phones = Array.from({ length: 250 }, () => ({ number: '1', tags: ['a', 'b'] }))
    const statements = tables(person).insert({ id: 1, name: 'Ada', status: 'new', address: { city: 'London' }, phones })

    expect(Math.max(...statements.map(({ params }) => params.length))).toBeLessThanOrEqual(100)
    expect(statements.length).toBe(1 + Math.ceil(250 / 33) + Math.ceil(500 / 25))
  })

  test('has values only as parameters', () => {
    const evil = `'); DROP TABLE person; --`
    const statements = tables(person).insert({ id: 1, name: evil, status: 'new', address: { city: evil }, phones: [] })

    expect(statements.some(({ sql }) => sql.includes('DROP'))).toBe(false)
  })
})

const evilNames = [
  '"',
  '""; DROP TABLE victim; --',
  "'; DROP TABLE victim; --",
  '`',
  '[a]',
  'a"b\'c',
  '\\"',
  '$1',
  '?',
  '\u202e',
  'select',
  'x'.repeat(80),
  `${'x'.repeat(79)}y`,
  'A',
  'a',
  '\0',
  '\ud800',
  '*/ DROP TABLE victim; /*',
  '',
]

inBothDatabases((claim, dialect) => {
  claim('no name, enum, default or index breaks out of its place', async (database) => {
    await database.run([
      { sql: 'CREATE TABLE victim (a integer)', params: [] },
      { sql: 'INSERT INTO victim VALUES (1)', params: [] },
    ])
    const evil = "it's \\'; DROP TABLE victim; --"
    const properties = Object.fromEntries(
      evilNames.map((name): [string, JsonSchema] => [name, { type: 'string', enum: [evil, 'b'], default: evil }]),
    )
    const lists = Object.fromEntries(
      evilNames.map((name): [string, JsonSchema] => [
        `l${name}`,
        { type: 'array', items: { type: 'object', properties } },
      ]),
    )
    const schema: JsonSchema = {
      type: 'object',
      properties: { id: { type: 'string' }, ...properties, ...lists },
      required: ['id'],
    }
    const made = new SqlTables(schema, {
      name: '"; DROP TABLE victim; --',
      dialect,
      unique: [['/""; DROP TABLE victim; --'], ['/?', '/$1']],
    })
    const texts = Object.fromEntries(evilNames.map((name) => [name, evil]))
    const value = { id: evil, ...texts, ...Object.fromEntries(evilNames.map((name) => [`l${name}`, [texts, {}]])) }

    await database.run([...made.create(), ...made.insert(value), ...made.upsert(value), ...made.update(value)])

    expect(made.read(await database.run(made.select({ id: evil })))).toEqual(value)
    await database.run(made.delete({ id: evil }))
    expect(await database.run([{ sql: 'SELECT a FROM victim', params: [] }])).toEqual([[{ a: 1 }]])
  })

  claim('the database itself refuses what the schema refuses', async (database) => {
    const made = new SqlTables(person, { name: 'person', dialect })
    const good = { id: 1, name: 'Ada', status: 'new', address: { city: 'London' }, phones: [] }
    await database.run(made.create())

    for (const wrong of [{ name: '' }, { name: 'x'.repeat(21) }, { status: 'other' }]) {
      await expect(database.run(made.insert({ ...good, ...wrong }))).rejects.toThrow()
    }
    await database.run(made.insert({ ...good, name: '😀'.repeat(20) }))
    await expect(database.run(made.insert(good))).rejects.toThrow()
  })

  claim('a custom type is stored in its own column type', async (database) => {
    const money = {
      validate: (value: unknown) => typeof value === 'object' || 'an amount',
      sql: {
        sqlite: 'TEXT',
        postgresql: 'numeric(12, 2)',
        write: (value: unknown) => (value as { amount: string }).amount,
        read: (stored: unknown) => ({ amount: String(stored) }),
      },
    }
    const schema: JsonSchema = {
      type: 'object',
      properties: { id: { type: 'string' }, price: { 'x-type': 'money' } },
      required: ['id', 'price'],
    }
    const made = new SqlTables(schema, { name: 'item', dialect, types: { money } })

    await database.run([...made.create(), ...made.insert({ id: 'a', price: { amount: '12.50' } })])

    expect(made.read(await database.run(made.select({ id: 'a' })))).toEqual({ id: 'a', price: { amount: '12.50' } })
  })

  claim('a key of several properties and a schema that contains itself are kept', async (database) => {
    const schema: JsonSchema = {
      type: 'object',
      properties: {
        a: { type: 'string' },
        b: { type: 'integer' },
        tree: { $ref: '#/$defs/tree' },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['a', 'b'],
      $defs: { tree: { type: 'object', properties: { left: { $ref: '#/$defs/tree' }, name: { type: 'string' } } } },
    }
    const made = new SqlTables(schema, { name: 'node', dialect, key: ['a', 'b'] })
    const value = { a: 'x', b: 1, tree: { name: 'n', left: { left: { name: 'leaf' } } }, tags: ['t'] }

    await database.run([...made.create(), ...made.insert(value), ...made.insert({ a: 'x', b: 2 })])

    expect(made.read(await database.run(made.select({ a: 'x', b: 1 })))).toEqual(value)
    expect(made.read(await database.run(made.select({ a: 'x', b: 2 })))).toEqual({ a: 'x', b: 2 })
  })
})
