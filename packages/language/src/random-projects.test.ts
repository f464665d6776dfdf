import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../fixtures/memory-source.ts'
import { runWorkflow } from '../fixtures/run-workflow.ts'
import { loadProject } from './load-project.ts'

const project = 'wonder: 1\nname: demo\nsecrets: [TOKEN]\nenv: { REGION: eu }\n'
const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const words = fc.constantFrom(
  '{{ input.x }}',
  '{{ tasks.t1.output }}',
  '{{= tasks.t2.output.stdout + "x" }}',
  'plain',
  '{{',
  '${{ x }}',
  '{{ secrets.TOKEN }}',
  'tasks.t3.status == "completed"',
  '1..3',
  5,
  true,
  null,
)
/** Mostly what is right. */
const values = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('{{ input.x }}', 'plain {{ run.id }}', 5) },
  { weight: 1, arbitrary: words },
)
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    words,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(ids, fc.string({ maxLength: 4 })), tie('value'), { maxKeys: 3 }),
  ),
})).value

const tasks = fc.letrec<{ task: unknown; list: unknown }>((tie) => ({
  list: fc.array(tie('task'), { minLength: 1, maxLength: 4 }),
  task: fc
    .tuple(
      ids,
      tie('kind' as 'task'),
      fc.option(
        fc.constantFrom(
          { if: 'input.x > 1' },
          { next: 't4' },
          { on_error: 'continue' },
          { on_error: { next: 't5' } },
          { timeout: '5s' },
          { save: 'x' },
          { nonsense: 1 },
        ),
      ),
    )
    .map(([id, kind, more]) => ({ id, ...(kind as object), ...more })),
  kind: fc.oneof(
    { maxDepth: 3 },
    fc.record({ shell: fc.oneof(values, fc.array(values, { minLength: 1, maxLength: 2 })) }),
    fc.record({ render: values }),
    fc.record({ collect: fc.dictionary(ids, values, { maxKeys: 2 }) }),
    fc.record({ set: fc.dictionary(ids, values, { maxKeys: 2 }) }),
    fc.record({ end: fc.constant({}) }),
    fc.record({ sequence: tie('list') }),
    fc.record({
      loop: fc.record({
        do: tie('list'),
        until: fc.constantFrom('input.x > 0', 'input.x > 1'),
        max: fc.constantFrom(1, 2),
      }),
    }),
    fc.record({ parallel: tie('list') }),
    fc.record({ each: fc.record({ in: fc.constantFrom('1..3', [1, 2], '{{ tasks.t1.output }}') }), do: tie('list') }),
    fc.record({
      route: fc.array(fc.record({ if: fc.constant('input.x > 1'), do: tie('list') }), { minLength: 1, maxLength: 2 }),
    }),
    fc.record({ route: fc.constant('input.x'), cases: fc.dictionary(ids, tie('list'), { minKeys: 1, maxKeys: 2 }) }),
    fc.record({ shell: fc.constant(['ls']) }),
  ),
}))

/** Gives the tasks the ids t1, t2, … in their order, so that most of what is generated is sound. */
function numbered(value: unknown, count = { tasks: 0 }): unknown {
  if (Array.isArray(value)) return value.map((item) => numbered(item, count))
  if (typeof value !== 'object' || value === null) return value
  const id = 'id' in value ? { id: `t${++count.tasks}` } : {}
  const rest = Object.entries(value).map(([key, member]) => [key, numbered(member, count)])
  return { ...Object.fromEntries(rest), ...id }
}

async function load(workflow: string) {
  return loadProject(memorySource({ 'wonder.yaml': project, 'workflows/w.yaml': workflow }))
}

describe('loadProject()', () => {
  test('never throws, and what it accepts the kernel runs to an end', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(tasks.list, values, async (list, outputs) => {
        const workflow = {
          id: 'w',
          input: { x: 'integer = 1' },
          state: { a: 'any = 1', b: 'any = 2' },
          tasks: numbered(list),
          outputs: { x: outputs },
        }

        const loaded = await load(JSON.stringify(workflow))

        if (!loaded.ok) {
          expect(loaded.diagnostics.length).toBeGreaterThan(0)
          return
        }
        for (const { definition } of loaded.project.workflows.values()) {
          accepted += 1
          expect(['completed', 'failed']).toContain(runWorkflow(definition, { x: 1 }).status)
        }
      }),
      { numRuns: 1_000 },
    )
    expect(accepted).toBeGreaterThan(20)
  })

  test('never throws on any text', async () => {
    const lines = fc.constantFrom(
      'id: w',
      'tasks:',
      '  - id: a',
      '    shell: {{ x }}',
      '    if: !x',
      'a: "b" c',
      '\t- x',
      '- &a [*a]',
      '}',
      '? {a: b}',
      ': x',
      '--- ',
      '!!map {}',
      '{{{',
      '"',
      '| ',
      'x: |2',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(lines, fc.string()), { maxLength: 6 }), async (parts) => {
        const loaded = await load(parts.join('\n'))

        expect(typeof loaded.ok).toBe('boolean')
      }),
      { numRuns: 500 },
    )
  })

  test('never throws on any YAML values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 3 }), anything, anything, async (list, input, outputs) => {
        const loaded = await load(
          JSON.stringify({ id: 'w', tasks: list, input, outputs, state: input, on_error: outputs }),
        )

        expect(typeof loaded.ok).toBe('boolean')
      }),
      { numRuns: 500 },
    )
  })
})
