import { mkdirSync, writeFileSync } from 'node:fs'
import { generateSchemas } from '../src/index.ts'

const folder = new URL('../../../schemas/', import.meta.url)

mkdirSync(folder, { recursive: true })
for (const [file, schema] of Object.entries(generateSchemas())) {
  writeFileSync(new URL(file, folder), `${JSON.stringify(schema, null, 2)}\n`)
}
