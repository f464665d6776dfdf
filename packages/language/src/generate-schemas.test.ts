import { globSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compile, type JsonSchema } from '@wonder/context'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { generateSchemas } from './generate-schemas.ts'

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))
/** Folders of `broken` with a mistake that the words of a file show, without knowing what they mean. */
const misshapen = [
  'ambiguous-kind',
  'bad-id',
  'graph-and-list',
  'graph-join-fields',
  'graph-transition-fields',
  'loop-without-limit',
  'missing-id',
  'missing-kind',
  'no-tasks',
  'on-error-mistakes',
  'project-fields',
  'project-name-missing',
  'reusable-broken',
  'route-mistakes',
  'tasks-not-a-list',
  'unknown-field',
  'workflow-is-list',
  'wrong-types',
]

/** What editors ask: ours, and the validators of two drafts, since editors read these schemas as draft 7. */
function validators(schema: JsonSchema): readonly ((document: unknown) => boolean)[] {
  const { $schema: _, ...plain } = typeof schema === 'object' ? schema : {}
  const options = { strict: false, validateFormats: false }
  const own = compile(schema)
  return [
    (document) => own.check(document).ok,
    new Ajv(options).compile(plain),
    new Ajv2020(options).compile(schema as object),
  ]
}

const schemas = generateSchemas()
const byFolder = {
  '': validators(schemas['wonder.schema.json'] ?? false),
  workflows: validators(schemas['workflow.schema.json'] ?? false),
  tasks: validators(schemas['task.schema.json'] ?? false),
}

/** For each file of a project whether each validator takes it. */
function judged(folder: string): readonly { readonly file: string; readonly taken: readonly boolean[] }[] {
  return globSync('{wonder,workflows/*,tasks/*}.yaml', { cwd: `${fixtures}${folder}` }).map((file) => {
    const [parent] = file.includes('/') ? file.split('/') : ['']
    const document: unknown = parse(readFileSync(`${fixtures}${folder}/${file}`, 'utf8'))
    return { file, taken: byFolder[parent as keyof typeof byFolder].map((check) => check(document)) }
  })
}

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

  test.each(globSync('good/*', { cwd: fixtures }))('gives schemas that take every file of %s', (folder) => {
    const files = judged(folder)

    expect(files.length).toBeGreaterThan(1)
    for (const { file, taken } of files) expect(taken, file).toEqual([true, true, true])
  })

  test.each(misshapen)('gives schemas that refuse a file of broken/%s', (folder) => {
    const refused = judged(`broken/${folder}`).filter(({ taken }) => !taken.every(Boolean))

    expect(refused.map(({ taken }) => taken)).toEqual([[false, false, false]])
  })

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
