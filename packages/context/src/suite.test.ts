import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { WonderError } from '@wonder/errors'
import { describe, expect, test } from 'vitest'
import type { JsonSchema } from './json-schema.ts'
import { compile } from './schema.ts'

type Group = {
  readonly description: string
  readonly schema: JsonSchema
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

const suites = process.env.WONDER_SUITES ?? new URL('../../../../shared/suites/', import.meta.url)
const suite = new URL('json-schema/draft2020-12/', suites)
const remotes = new URL('json-schema/remotes/', suites)

const META = 'it refers to the meta-schema, which is not part of the package, and schemas are never fetched'
const VOCABULARY = 'vocabularies of meta-schemas are not followed: every keyword holds'

/** Groups that are not passed yet: `file: group` and why. */
const NOT_YET: { readonly [group: string]: string } = {
  'ref.json: remote ref, containing refs itself': META,
  'defs.json: validate definition against metaschema': META,
  'vocabulary.json: schema that uses custom metaschema with with no validation vocabulary': VOCABULARY,
}

const files = existsSync(suite) ? readdirSync(suite).filter((name) => name.endsWith('.json')) : []

test.skipIf(files.length > 0)('skipped: the suite json-schema is not on this machine (set WONDER_SUITES)', () => {})

const documents = files.length === 0 ? {} : documentsIn(remotes, 'http://localhost:1234/')

for (const file of files) {
  const groups: readonly Group[] = JSON.parse(readFileSync(new URL(file, suite), 'utf8'))
  describe(file, () => {
    for (const group of groups) {
      const reason = NOT_YET[`${file}: ${group.description}`]
      test.skipIf(reason !== undefined)(`${group.description}${reason ? ` (${reason})` : ''}`, () => {
        const schema = compile(group.schema, { documents })
        for (const { description, data, valid } of group.tests) {
          expect(schema.check(data).ok, description).toBe(valid)
        }
      })
    }
  })
}

test.skipIf(files.length === 0)('a group that is not passed yet is still one of the suite, and still fails', () => {
  for (const name of Object.keys(NOT_YET)) {
    const [file = '', description] = name.split(/: (.*)/s)
    const groups: readonly Group[] = JSON.parse(readFileSync(new URL(file, suite), 'utf8'))
    const group = groups.find((each) => each.description === description)
    expect(group, name).toBeDefined()
    if (group) expect(passes(group), name).toBe(false)
  }
})

function passes(group: Group): boolean {
  try {
    const schema = compile(group.schema, { documents })
    return group.tests.every(({ data, valid }) => schema.check(data).ok === valid)
  } catch (thrown) {
    if (thrown instanceof WonderError) return false
    throw thrown
  }
}

function documentsIn(folder: URL, uri: string): { [uri: string]: JsonSchema } {
  const found: { [uri: string]: JsonSchema } = {}
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const inside = ['draft2019-09', 'draft7'].includes(entry.name)
    if (entry.isDirectory() && !inside)
      Object.assign(found, documentsIn(new URL(`${entry.name}/`, folder), `${uri}${entry.name}/`))
    else if (entry.isFile()) found[uri + entry.name] = JSON.parse(readFileSync(new URL(entry.name, folder), 'utf8'))
  }
  return found
}
