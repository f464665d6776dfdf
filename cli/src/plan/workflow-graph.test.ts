import { expect, test } from 'vitest'
import { compileFixture, compileText } from './fixtures/compile-fixture.ts'
import { reviewCycle } from './fixtures/review-cycle.ts'
import { workflowGraph } from './workflow-graph.ts'
import { workflowLimits } from './workflow-limits.ts'
import { workflowNeeds } from './workflow-needs.ts'

test.each(['nested', 'handlers'])('The graph of %s is the same for programs as before', async (id) => {
  const definition = await compileFixture(id)
  const { hosts, every_public_host, permissions, programs, secrets } = workflowNeeds(definition)
  const limits = workflowLimits(definition, { wall_time: 1_800_000 })
  const graph = { ...workflowGraph(definition), hosts, every_public_host, permissions, programs, secrets, limits }

  await expect(`${JSON.stringify(graph, null, 2)}\n`).toMatchFileSnapshot(`fixtures/${id}.json`)
})

test('Nodes where groups open and close are no nodes of the graph', async () => {
  const { nodes, groups } = workflowGraph(await compileFixture('handlers'))

  expect(nodes.map(({ id }) => id)).toEqual(['explain', 'first', 'second', 'skip_ahead', 'build', 'last'])
  expect(groups.map(({ id }) => id)).toEqual(['guarded', 'matrix'])
})

test('The tasks of a group’s on_error stand beside the group, at the end of a way of their own', async () => {
  const { nodes, edges } = workflowGraph(await compileFixture('handlers'))

  expect(nodes.find(({ id }) => id === 'explain')?.group).toBeUndefined()
  expect(edges).toContainEqual(expect.objectContaining({ from: 'guarded', to: 'explain', kind: 'error' }))
})

test('A group with an `if` tells it, and has no way around itself', async () => {
  const { groups, edges } = workflowGraph(await compileFixture('nested'))

  expect(groups.find(({ id }) => id === 'maybe')?.when).toBe('size(tasks.shops.output) > 10')
  expect(edges.filter(({ from, to }) => from === 'maybe' && to === 'maybe')).toEqual([])
})

test('How many items there are is told where the input tells it', async () => {
  const definition = await compileText(
    'count',
    'id: count\ninput: { shops: "string[]" }\ntasks:\n  - { id: all, each: { in: "{{ input.shops }}", as: shop }, do: [{ id: one, render: "x" }] }\n',
  )

  expect(workflowGraph(definition, { shops: ['a', 'b', 'c'] }).groups[0]?.detail).toBe(
    'each shop in input.shops (3) ×8',
  )
  expect(workflowGraph(definition).groups[0]?.detail).toBe('each shop in input.shops ×8')
})

test('Ways tell conditions, order, limits and what is left: `otherwise`', () => {
  const { edges } = workflowGraph(reviewCycle)
  const words = (from: string) =>
    edges.flatMap((edge) => (edge.from === from ? [[edge.to, edge.kind, edge.label]] : []))

  expect(words('decide')).toEqual([
    ['publish', 'next', 'decide.score >= 8'],
    ['write', 'next', 'decide.score >= 4, at most 3 times'],
    ['give_up', 'next', 'otherwise'],
    ['apologise', 'error', 'on error'],
  ])
  expect(words('ask_reviewers')).toEqual([['review', 'next', '×5']])
})

test('Without a list of hosts, HTTP may reach every public one, and those that are written out are named', async () => {
  const definition = await compileFixture('nested')
  const open = { ...definition, network: {} }

  expect(workflowNeeds(definition)).toMatchObject({ every_public_host: false })
  expect(workflowNeeds(open)).toMatchObject({
    every_public_host: true,
    hosts: ['api.example.com', 'stock.shop.example', 'hooks.shop.example'],
    programs: expect.arrayContaining([{ task: 'totals', command: 'python3 totals.py {{ order }}' }]),
  })
})

test('Limits tell time, attempts, what a crash means, workers and how branches meet', () => {
  const limits = workflowLimits(reviewCycle, {})

  expect(limits.tasks[0]).toEqual({
    task: 'write',
    timeout: 1000,
    max_attempts: 1,
    backoff: 'none',
    initial_delay: 0,
    max_delay: 0,
    interrupted: 'rerun',
  })
  expect(limits.groups).toEqual([
    {
      group: 'reviewers',
      workers: 2,
      batch: null,
      joins: [
        { node: 'first_answer', require: 'any', strategy: 'best_effort' },
        { node: 'enough_answers', require: { quorum: 3 }, strategy: 'wait_all' },
      ],
    },
  ])
})
