import { describe, expect, test } from 'vitest'
import { jsonSchemaSuite } from '../test/json-schema-suite.ts'
import { metaSchemas } from './meta-schema.ts'
import { compile } from './schema.ts'

const files = Object.entries(jsonSchemaSuite.files)
const documents = { ...metaSchemas, ...jsonSchemaSuite.remotes }

if (files.length === 0) test.skip('skipped: the suite json-schema is not on this machine (set WONDER_SUITES)', () => {})

for (const [file, groups] of files) {
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
