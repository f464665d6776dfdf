import { expect, test } from 'vitest'
import { compileFixture, compileText } from './fixtures/compile-fixture.ts'
import { reviewCycle } from './fixtures/review-cycle.ts'
import { needsSections } from './needs-sections.ts'
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

const waiting = `id: waiting
timeout: 1h
on_timeout: block
budget: { wall_time: 30m, steps: 100 }
concurrency: { key: deploys, limit: 1 }
on_error: block
tasks:
  - { id: pause, sleep: 5m }
  - { id: paid, wait: paid, timeout: 3d, on_timeout: [{ id: remind, signal: { name: reminder } }] }
  - id: owner
    ask: Go on?
    role: maintainer
    expires: 2d
    on_expiry: { role: admin }
  - { id: upload, shell: [upload], concurrency: { key: upload, limit: 2 }, budget: { steps: 1 }, compensate: [{ id: remove, shell: [remove] }] }
  - { id: check, shell: [check], checkpoint: { type: decision-needed, summary: Look at it } }
`

test('Waits, questions, budgets and limits are told before the run', async () => {
  const definition = await compileText('waiting', waiting)
  const limits = workflowLimits(definition, { tokens: 5 })
  const sections = needsSections(workflowNeeds(definition), limits, [])
  const lines = (title: string) => sections.find((section) => section.title === title)?.lines

  expect(lines('Budget of the project')).toEqual(['tokens: 5'])
  expect(lines('Budget of a run')).toEqual(['wall_time: 30 min 00 s', 'steps: 100'])
  expect(lines('Waits')).toEqual([
    'pause: sleeps for 5 min 00 s',
    'paid: waits for the signal "paid", 3 d 0 h at most, then remind follows',
    'owner: asks maintainer: "Go on?", 2 d 0 h at most, then admin is asked',
    'check: waits until anybody approves: "Look at it"',
  ])
  expect(lines('Limits')?.slice(0, 2)).toEqual([
    'a run: 1 h 00 min at most, then it waits for a person',
    'runs: 1 of "deploys" at a time, more wait',
  ])
  expect(lines('Limits')?.find((line) => line.startsWith('upload'))).toContain(
    '2 of "upload" at a time, more wait; it may use steps: 1',
  )
})

test('Ways that are taken when it is too late, and to undo a task, stand in the graph', async () => {
  const { nodes, edges } = workflowGraph(await compileText('waiting', waiting))

  expect(edges.filter(({ kind }) => kind === 'error').map(({ from, to, label }) => [from, to, label])).toEqual([
    ['paid', 'remind', 'too late'],
    ['upload', 'remove', 'to undo it'],
  ])
  expect(nodes.map(({ id, kind, detail }) => [id, kind, detail])).toContainEqual(['owner', 'ask', 'Go on?'])
  expect(nodes.find(({ id }) => id === 'check')?.on_error).toBe('block')
})
