import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../fixtures/memory-source.ts'
import { runWorkflow } from '../fixtures/run-workflow.ts'
import { loadProject } from './load-project.ts'

const ids = ['a', 'b', 'c', 'd', 'e', 'f'] as const
const index = fc.nat({ max: 5 })
const nothing = fc.constant({})

/** A node, what it reads (which of that is sound is for the loader to say), and the way that leads to it from an earlier one. */
const node = fc.record({
  reads: fc.option(fc.constantFrom(...ids, 'to_b', 'to_c', 'to_d'), { freq: 1 }),
  fails: fc.nat({ max: 9 }).map((chance) => chance === 0),
  joined: fc.option(fc.constantFrom('all', 'any', 'quorum')),
  more: fc.oneof({ weight: 6, arbitrary: nothing }, fc.constantFrom({ if: 'input.x > 1' }, { on_error: 'continue' })),
  from: index,
  when: fc.oneof({ weight: 4, arbitrary: nothing }, fc.constant({ if: 'input.x > 1' })),
  opens: fc.oneof(
    { weight: 3, arbitrary: fc.constant('no') },
    { weight: 2, arbitrary: fc.constantFrom('spawn', 'each', 'group') },
  ),
})
/** A further way: back with a limit, on, or to a join. */
const way = fc.record({
  from: index,
  to: index,
  join: fc.option(fc.constantFrom('to_b', 'to_c', 'to_d'), { freq: 1 }),
  any: fc.boolean(),
})
type Node = typeof node extends fc.Arbitrary<infer T> ? T : never
type Way = typeof way extends fc.Arbitrary<infer T> ? T : never

function graphOf(nodes: readonly Node[], ways: readonly Way[]) {
  const name = (at: number) => ids[at % nodes.length]
  const tree = nodes.slice(1).map(({ from, when, opens }, at) => {
    const to = name(at + 1)
    const group = `to_${to}`
    const more = {
      no: {},
      spawn: { spawn: 2, group },
      each: { each: { in: [1, 2], as: `of_${to}` }, group },
      group: { group },
    }[opens]
    return { from: name(from % (at + 1)), to, ...when, ...more }
  })
  const more = ways.map(({ from, to, join, any }) => ({
    from: name(from),
    to: name(to),
    ...(join === null ? { max_iterations: 2 } : { join: any ? { group: join, any: true } : { group: join } }),
  }))
  const joins = nodes.slice(1).flatMap(({ joined, opens, reads }, at) => {
    if (joined === null || opens === 'no') return []
    const to = name(at + 1)
    const join = { group: `to_${to}`, [joined]: joined === 'quorum' ? 1 : true }
    const value = reads === null ? 'joined' : `{{ tasks.${reads}.output.value }}`
    return [{ node: { id: `join_${to}`, collect: { value } }, way: { from: to, to: `join_${to}`, join } }]
  })
  return {
    id: 'w',
    input: { x: 'integer = 1' },
    nodes: [
      ...nodes.map(({ reads, fails, more: extra }, at) => ({
        id: name(at),
        collect: { value: fails ? '{{= int("x") }}' : reads === null ? at : `{{ tasks.${reads}.output.value }}` },
        ...extra,
      })),
      ...joins.map(({ node }) => node),
    ],
    transitions: [...tree, ...more, ...joins.map(({ way }) => way)],
  }
}

describe('a random graph', () => {
  test('that is accepted runs to an end, and never reads what has not run', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(node, { minLength: 2, maxLength: 6 }),
        fc.array(way, { maxLength: 2 }),
        fc.constantFrom(1, 2),
        async (nodes, ways, x) => {
          const workflow = graphOf(nodes, ways)
          const files = { 'wonder.yaml': 'wonder: 1\nname: demo\n', 'workflows/w.yaml': JSON.stringify(workflow) }

          const loaded = await loadProject(memorySource(files))

          if (!loaded.ok) return
          accepted += 1
          for (const { definition } of loaded.project.workflows.values()) {
            const played = runWorkflow(definition, { x })
            expect(['completed', 'failed']).toContain(played.status)
            expect(played.error ?? '').not.toContain('has not run')
          }
        },
      ),
      { numRuns: 1_500 },
    )
    expect(accepted).toBeGreaterThan(200)
  })
})
