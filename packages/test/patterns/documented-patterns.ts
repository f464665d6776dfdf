import { readFileSync } from 'node:fs'
import { matchesGlob, resolve } from 'node:path'
import { type CompiledWorkflow, formatDiagnostic, loadProject } from '@wonder/language'

/** A section of docs/patterns.md. */
export type DocumentedPattern = {
  readonly number: number
  readonly name: string
  /** direct, with or not. */
  readonly mark: string
  /** Ids of the workflows that it shows. */
  readonly examples: readonly string[]
}

export const page = readFileSync(resolve(import.meta.dirname, '../../../docs/patterns.md'), 'utf8')

export const documentedPatterns: readonly DocumentedPattern[] = page
  .split(/^### /m)
  .slice(1)
  .map((section) => ({
    number: Number(/^WCP-(\d+) /.exec(section)?.[1]),
    name: /^WCP-\d+ (.*)$/m.exec(section)?.[1] ?? '',
    mark: [...section.matchAll(/\*\*(Direct|With|Not):\*\*/g)].map(([, mark = '']) => mark.toLowerCase()).join(' and '),
    examples: [...section.matchAll(/^```yaml\n# workflows\/(\w+)\.yaml\n/gm)].map(([, id = '']) => id),
  }))

/** The workflows of the page, as one project; mistakes and warnings are told. */
export async function compiledPatterns(): Promise<ReadonlyMap<string, CompiledWorkflow>> {
  const blocks = [...page.matchAll(/^```yaml\n# (\S+\.yaml)\n([\s\S]*?)^```$/gm)]
  const files = new Map(blocks.map(([, path = '', text = '']) => [path, text]))
  files.set('wonder.yaml', 'wonder: 1\nname: patterns\nversion: 0.1.0\n')
  const loaded = await loadProject({
    read: async (path) => files.get(path) ?? null,
    find: async (patterns) => [...files.keys()].filter((path) => patterns.some((one) => matchesGlob(path, one))).sort(),
    tool: async (path) => {
      throw new Error(`the page shows no tool, and ${path} is one`)
    },
  })
  const told = loaded.ok ? loaded.project.warnings : loaded.diagnostics
  if (told.length > 0 || !loaded.ok) throw new Error(told.map((each) => formatDiagnostic(each)).join('\n'))
  return loaded.project.workflows
}
