import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../../fixtures/memory-source.ts'
import { formatDiagnostic } from '../format-diagnostic.ts'
import { loadProject } from '../load-project.ts'
import { convertCompozy } from './convert-compozy.ts'

const PROJECT = 'name: p\nworkflows: [{ source: w.yaml }]\ntools: [{ id: t, execute: ./t.ts }]\n'
const TOOL = JSON.stringify({ description: 't', input: { $schema: {} }, output: { $schema: {} }, permissions: {} })

function convert(workflow: string) {
  const files: { readonly [path: string]: string } = {
    'compozy.yaml': PROJECT,
    'w.yaml': workflow,
    't.ts': 'export default () => 1',
  }
  return convertCompozy({ read: async (path) => files[path] ?? null, find: async () => [] })
}

async function load(workflow: string) {
  return loadProject(
    memorySource({
      'wonder.yaml': 'wonder: 1\nname: p\n',
      'workflows/w.yaml': workflow,
      'tools/t.ts': `export default ${TOOL}`,
    }),
  )
}

type Drawn = {
  readonly router: boolean
  readonly to: readonly number[]
  readonly error: number
  readonly reads: number
}

const drawn = fc.array(
  fc.record({
    router: fc.boolean(),
    to: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
    error: fc.nat(19),
    reads: fc.nat(9),
  }),
  { minLength: 1, maxLength: 10 },
)

function yamlOf(tasks: readonly Drawn[], order: readonly number[]): string {
  const named = (index: number) => `n${index % (tasks.length + 1)}`
  const exists = (index: number) => index % (tasks.length + 1) < tasks.length
  const lines = order.map((at) => {
    const task = tasks[at]
    if (task === undefined) return ''
    const onError = task.error < 10 && exists(task.error) ? `, on_error: { next: ${named(task.error)} }` : ''
    const [next = 0] = task.to
    const targets = task.to.filter(exists)
    if (task.router && targets.length > 0) {
      const routes = targets.map((to, index) => `r${index}: ${named(to)}`).join(', ')
      return `  - { id: n${at}, type: router, condition: '"r0"', routes: { ${routes} } }\n`
    }
    const onward = exists(next) ? `, on_success: { next: ${named(next)} }` : ''
    const reads = exists(task.reads) ? `"{{ .tasks.${named(task.reads)}.output.x }}"` : '1'
    return `  - { id: n${at}, tool: t, with: { a: ${reads} }${onward}${onError} }\n`
  })
  return `id: w\ntasks:\n${lines.join('')}outputs:\n${tasks.map((_, at) => `  o${at}: "{{ .tasks.n${at}.output.x }}"\n`).join('')}`
}

describe('convertCompozy() of random graphs of tasks', () => {
  test('gives lists that have no mistakes but what the source itself reads too early', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async (tasks) => {
        const conversion = await convert(yamlOf(tasks, [...tasks.keys()]))

        if (!conversion.ok) throw new Error(conversion.diagnostics.map((each) => formatDiagnostic(each)).join('\n'))
        const text = conversion.files.get('workflows/w.yaml') ?? ''
        const loaded = await load(text)
        const said = loaded.ok ? [] : loaded.diagnostics
        // What a random task reads may run after it, or be a router.
        const early = [
          'task_not_run_yet',
          'may_be_skipped',
          'task_in_other_branch',
          'task_inside_group',
          'unknown_field_of_output',
        ]
        const errors = said.filter(({ severity, code }) => severity === 'error' && !early.includes(code))
        expect(errors.map((each) => formatDiagnostic(each)).join('\n') + (errors.length > 0 ? text : '')).toBe('')
      }),
      { numRuns: 200 },
    )
  })

  test('does not depend on where the tasks stand, but for the first', async () => {
    const graph = drawn.chain((tasks) =>
      fc.tuple(
        fc.constant(tasks),
        fc.shuffledSubarray([...tasks.keys()].slice(1), { minLength: tasks.length - 1, maxLength: tasks.length - 1 }),
      ),
    )
    await fc.assert(
      fc.asyncProperty(graph, async ([tasks, rest]) => {
        const written = await convert(yamlOf(tasks, [...tasks.keys()]))
        const shuffled = await convert(yamlOf(tasks, [0, ...rest]))

        expect(shuffled.ok && shuffled.files.get('workflows/w.yaml')).toBe(
          written.ok && written.files.get('workflows/w.yaml'),
        )
      }),
      { numRuns: 100 },
    )
  })

  test('refuses ways that cross so often that they could not be written', async () => {
    const layers = Array.from({ length: 14 }, (_, at) => {
      const routes = (names: readonly string[]) => names.map((name) => `${name}: ${name}${at + 1}`).join(', ')
      return ['a', 'b', 'c']
        .map(
          (name) =>
            `  - { id: ${name}${at}, type: router, condition: '"a"', routes: { ${routes(['a', 'b', 'c'].filter((other) => other !== name))}, end: z } }\n`,
        )
        .join('')
    })
    const last = ['a', 'b', 'c'].map((name) => `  - { id: ${name}14, tool: t }\n`).join('')

    const conversion = await convert(`id: w\ntasks:\n${layers.join('')}${last}  - { id: z, tool: t }\n`)

    expect(conversion.ok || conversion.diagnostics.map(({ code }) => code)).toEqual(['source_invalid'])
  })

  test('takes a chain of two thousand tasks', async () => {
    const chain = Array.from(
      { length: 2_000 },
      (_, at) => `  - { id: n${at}, tool: t${at < 1_999 ? `, on_success: { next: n${at + 1} }` : ''} }\n`,
    )

    const conversion = await convert(`id: w\ntasks:\n${chain.join('')}`)

    expect(conversion.ok && conversion.files.get('workflows/w.yaml')?.match(/- id: /g)?.length).toBe(2_000)
  })
})
