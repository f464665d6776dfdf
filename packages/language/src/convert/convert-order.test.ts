import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memorySource } from '../../fixtures/memory-source.ts'
import { runWorkflow } from '../../fixtures/run-workflow.ts'
import { formatDiagnostic } from '../format-diagnostic.ts'
import { loadProject } from '../load-project.ts'
import { convertCompozy } from './convert-compozy.ts'

const PROJECT = 'name: p\nworkflows: [{ source: w.yaml }]\ntools: [{ id: t, execute: ./t.ts }]\n'
const TOOL = JSON.stringify({ description: 't', input: { $schema: {} }, output: { $schema: {} }, permissions: {} })

/** A task that leads forward only; distances past the last task lead nowhere. */
type Drawn = {
  readonly router: boolean
  readonly to: readonly number[]
  readonly takes: number
  readonly error: number
  readonly fails: boolean
}

const graph = fc.array(
  fc.record({
    router: fc.boolean(),
    to: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    takes: fc.nat(2),
    error: fc.integer({ min: 0, max: 5 }),
    fails: fc.boolean(),
  }),
  { minLength: 1, maxLength: 9 },
)

/** Where a task leads; undefined: nowhere. */
function target(tasks: readonly Drawn[], at: number, distance: number | undefined): number | undefined {
  return distance === undefined || distance === 0 || at + distance >= tasks.length ? undefined : at + distance
}

function routes(tasks: readonly Drawn[], at: number): readonly number[] {
  return (tasks[at]?.to ?? []).flatMap((distance) => target(tasks, at, distance) ?? [])
}

function isRouter(tasks: readonly Drawn[], at: number): boolean {
  return tasks[at]?.router === true && routes(tasks, at).length > 0
}

function yamlOf(tasks: readonly Drawn[]): string {
  const lines = tasks.map((task, at) => {
    const ways = routes(tasks, at)
    if (isRouter(tasks, at)) {
      const written = ways.map((to, index) => `r${index}: n${to}`).join(', ')
      return `  - { id: n${at}, type: router, condition: '"r${task.takes % ways.length}"', routes: { ${written} } }\n`
    }
    const next = target(tasks, at, task.to[0])
    const error = target(tasks, at, task.error)
    const onward = next === undefined ? '' : `, on_success: { next: n${next} }`
    const onError = error === undefined ? '' : `, on_error: { next: n${error} }`
    return `  - { id: n${at}, tool: t${onward}${onError} }\n`
  })
  return `id: w\ntasks:\n${lines.join('')}`
}

/** What the other system does: from one task to the next that it names. */
function expected(tasks: readonly Drawn[]): { readonly order: readonly string[]; readonly status: string } {
  const order: string[] = []
  for (let at: number | undefined = 0; at !== undefined; ) {
    const task: Drawn | undefined = tasks[at]
    if (task === undefined) break
    if (isRouter(tasks, at)) {
      const ways = routes(tasks, at)
      at = ways[task.takes % ways.length]
      continue
    }
    order.push(`n${at}`)
    const next = target(tasks, at, task.fails ? task.error : task.to[0])
    if (task.fails && next === undefined) return { order, status: 'failed' }
    at = next
  }
  return { order, status: 'completed' }
}

test('A converted workflow runs its tasks in the order of the source, whatever fails and wherever its ways cross', async () => {
  await fc.assert(
    fc.asyncProperty(graph, async (tasks) => {
      const sources: { readonly [path: string]: string } = {
        'compozy.yaml': PROJECT,
        'w.yaml': yamlOf(tasks),
        't.ts': 'export default () => 1',
      }
      const conversion = await convertCompozy({ read: async (path) => sources[path] ?? null, find: async () => [] })
      const text = (conversion.ok && conversion.files.get('workflows/w.yaml')) || ''
      const files = {
        'wonder.yaml': 'wonder: 1\nname: p\n',
        'workflows/w.yaml': text,
        'tools/t.ts': `export default ${TOOL}`,
      }

      const loaded = await loadProject(memorySource(files))

      if (!loaded.ok) throw new Error(`${loaded.diagnostics.map((each) => formatDiagnostic(each)).join('\n')}\n${text}`)
      const definition = loaded.project.workflows.get('w')?.definition
      if (definition === undefined) throw new Error('the workflow is gone')
      const copies = tasks.flatMap(({ fails }, at) =>
        fails
          ? ['', ...Array.from({ length: 60 }, (_, copy) => `_${copy + 2}`)].map(
              (end) => [`n${at}${end}`, new Error('told to')] as const,
            )
          : [],
      )
      const played = runWorkflow(definition, {}, Object.fromEntries(copies))
      const order = played.order.map((ref) => ref.replace(/_\d+$/, ''))
      expect({ order, status: played.status, text: '' }).toEqual({ ...expected(tasks), text: '' })
    }),
    { numRuns: 300 },
  )
})
