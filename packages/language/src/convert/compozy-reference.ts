/** What a `use`, `$use` or `$ref` names. */
export type CompozyReference = {
  /** What it must be; undefined where the place alone says it. */
  readonly what: 'agent' | 'tool' | 'task' | 'workflow' | 'schema' | 'model' | undefined
  readonly by: 'id' | 'file' | 'dep'
  readonly value: string
}

const CALL = /^\s*(agent|tool|task|workflow)\((.*)\)\s*$/
const PAIR = /^\s*(id|file|dep)\s*=\s*["']?(.*?)["']?\s*$/
const QUERY = /^\$?(?:local|global)::(\w+)\.#\(\s*id\s*==?\s*["']([^"']+)["']\s*\)\s*$/
const LISTS: { readonly [list: string]: CompozyReference['what'] } = {
  agents: 'agent',
  tools: 'tool',
  tasks: 'task',
  workflows: 'workflow',
  schemas: 'schema',
  models: 'model',
  providers: 'model',
}

/**
 * Reads `tool(id=fetch)`, `task(file=./a.yaml)`, `agent(dep=owner/repo)` and `tool(local::tools.#(id=="fetch"))`.
 * Undefined for anything else.
 */
export function readReference(text: string): CompozyReference | undefined {
  const call = CALL.exec(text)
  const inner = call?.[2] ?? text
  const query = QUERY.exec(inner.trim())
  if (query !== null) return { what: LISTS[query[1] ?? ''], by: 'id', value: query[2] ?? '' }
  const pair = call === null ? null : PAIR.exec(inner)
  if (pair === null) return undefined
  return { what: call?.[1] as CompozyReference['what'], by: pair[1] as CompozyReference['by'], value: pair[2] ?? '' }
}
