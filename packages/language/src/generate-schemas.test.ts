import { readFile, writeFile } from 'node:fs/promises'
import { compile } from '@wonder/context'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { generateSchemas } from './generate-schemas.ts'

describe('generateSchemas()', () => {
  test.each(Object.entries(generateSchemas()))(
    'schemas/%s is up to date (UPDATE_EXPECTED=1 writes it)',
    async (file, schema) => {
      const path = new URL(`../../../schemas/${file}`, import.meta.url)
      if (process.env.UPDATE_EXPECTED === '1') await writeFile(path, `${JSON.stringify(schema, null, 2)}\n`)

      const written = await readFile(path, 'utf8')

      expect(written).toBe(`${JSON.stringify(schema, null, 2)}\n`)
    },
  )

  test('gives schemas that take a good workflow and refuse a task of two kinds', () => {
    const schema = compile(generateSchemas()['workflow.schema.json'] ?? false)
    const good = parse(
      'id: w\ntasks:\n  - { id: a, shell: [ls], timeout: 5s }\n  - { id: b, each: { in: 1..3 }, do: [{ id: c, tool: x }] }',
    )
    const bad = parse('id: w\ntasks: [{ id: a, shell: [ls], tool: x }]')

    expect(schema.check(good)).toMatchObject({ ok: true })
    expect(schema.check(bad)).toMatchObject({ ok: false })
  })
})
