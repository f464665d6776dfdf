import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { JsonSchema } from './json-schema.ts'
import { metaSchemas } from './meta-schema.ts'
import { compile } from './schema.ts'

type Group = {
  readonly description: string
  readonly schema: JsonSchema
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

const suites = process.env.WONDER_SUITES ?? new URL('../../../../shared/suites/', import.meta.url)
const suite = new URL('json-schema/draft2020-12/', suites)
const remotes = new URL('json-schema/remotes/', suites)

const files = existsSync(suite) ? readdirSync(suite).filter((name) => name.endsWith('.json')) : []

if (files.length === 0) test.skip('skipped: the suite json-schema is not on this machine (set WONDER_SUITES)', () => {})

const documents = files.length === 0 ? {} : { ...metaSchemas, ...documentsIn(remotes, 'http://localhost:1234/') }

for (const file of files) {
  const groups: readonly Group[] = JSON.parse(readFileSync(new URL(file, suite), 'utf8'))
  describe(file, () => {
    for (const group of groups) {
      test(group.description, () => {
        const schema = compile(group.schema, { documents })
        for (const { description, data, valid } of group.tests) {
          expect(schema.check(data).ok, description).toBe(valid)
        }
      })
    }
  })
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
