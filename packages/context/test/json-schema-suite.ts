import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { JsonSchema } from '../src/json-schema.ts'

/** A group of the public suite: one schema, and values that fit it or do not. */
export type Group = {
  readonly description: string
  readonly schema: JsonSchema
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

/** The public suite of draft 2020-12, read once; empty where it is not on this machine. Bundles take it along as data. */
export type JsonSchemaSuite = {
  readonly files: { readonly [name: string]: readonly Group[] }
  /** Schemas that its schemas refer to, by URI. */
  readonly remotes: { readonly [uri: string]: JsonSchema }
}

const suites = process.env.WONDER_SUITES ?? new URL('../../../../shared/suites/', import.meta.url)

export const jsonSchemaSuite: JsonSchemaSuite = readSuite(
  new URL('json-schema/draft2020-12/', suites),
  new URL('json-schema/remotes/', suites),
)

function readSuite(folder: URL, remotes: URL): JsonSchemaSuite {
  if (!existsSync(folder)) return { files: {}, remotes: {} }
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const files = names.map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8'))] as const)
  return { files: Object.fromEntries(files), remotes: documentsIn(remotes, 'http://localhost:1234/') }
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
