import { expect, test } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import type { Definition, FanDef, NodeDef, OutlineItem } from './definition.ts'
import type { RunEvent, RunRecord } from './events.ts'
import type { RunItem } from './run-item.ts'
import { RunView } from './run-view.ts'

const failure = { code: 'tool_failed', message: 'no such file', retry: 'safe' } as const

test('A task is pending, running, completed, with its times and attempts', () => {
  const view = new RunView(definition({ nodes: [task('a')], outline: [leaf('a')] }))
  const before = view.items[0]?.status

  view.apply(record(1, [started, { type: 'token_created', node: 'a' }, dispatched('1.1')], 1000))
  const during = view.items[0]?.status
  view.apply(
    record(2, [{ type: 'task_completed', token: '1.1', attempt: 1, output: 3 }, ended('1.1'), completed], 3500),
  )

  expect([before, during]).toEqual(['pending', 'running'])
  expect(view.items[0]).toMatchObject({
    id: 'a',
    status: 'completed',
    started: 1000,
    ended: 3500,
    attempts: 1,
    error: null,
  })
  expect(view).toMatchObject({ status: 'completed', started: 1000, ended: 3500, output: { ok: true }, version: 2 })
})

test('A record that was applied before changes nothing', () => {
  const view = new RunView(definition({ nodes: [task('a')], outline: [leaf('a')] }))
  const saved = { name: 'a.md', digest: 'sha256:00', size: 3, media_type: 'text/markdown' }
  const first = record(1, [
    started,
    { type: 'token_created', node: 'a' },
    { type: 'artifact_saved', token: '1.1', artifact: saved },
  ])

  view.apply(first)
  view.apply(first)

  expect(view.artifacts).toEqual([saved])
})

test('A failed attempt with a retry makes its task retrying and the run waiting', () => {
  const view = new RunView(definition({ nodes: [task('a')], outline: [leaf('a')] }))

  view.apply(record(1, [started, { type: 'token_created', node: 'a' }, dispatched('1.1')], 1))
  view.apply(record(2, [{ type: 'task_failed', token: '1.1', attempt: 1, error: failure, retry_at: 99 }], 2))
  const between = { run: view.status, item: view.items[0]?.status, error: view.items[0]?.error?.message }
  view.apply(record(3, [{ ...dispatched('1.1'), attempt: 2 }], 99))
  view.apply(record(4, [{ type: 'task_completed', token: '1.1', attempt: 2, output: null }], 100))

  expect(between).toEqual({ run: 'waiting', item: 'retrying', error: 'no such file' })
  expect(view.items[0]).toMatchObject({ status: 'completed', attempts: 2, started: 1, ended: 100, error: null })
})

test('A failed run fails the groups around the task that failed, and nothing is left running', () => {
  const view = new RunView(
    definition({
      nodes: [open('s:open'), task('a'), task('b'), { ref: 's', does: { kind: 'last' } }],
      outline: [{ id: 's', kind: 'sequence', node: 's', open: 's:open', children: [leaf('a'), leaf('b')] }],
    }),
  )

  view.apply(record(1, [started, { type: 'token_created', node: 's:open' }, moved('1.1', 'a'), dispatched('1.1')], 1))
  view.apply(
    record(
      2,
      [
        { type: 'task_failed', token: '1.1', attempt: 1, error: failure },
        ended('1.1'),
        { type: 'run_stopping', target: 'failed', error: failure },
        { type: 'run_ended', status: 'failed', error: failure },
      ],
      2,
    ),
  )

  expect(shape(view.items)).toEqual(['s failed', ' a failed', ' b pending'])
  expect(view).toMatchObject({ status: 'failed', error: failure })
})

test('A sequence is completed when its closing node has a value', () => {
  const view = new RunView(
    definition({
      nodes: [open('s:open'), task('a'), { ref: 's', does: { kind: 'last' } }],
      outline: [{ id: 's', kind: 'sequence', node: 's', open: 's:open', children: [leaf('a')] }],
    }),
  )

  view.apply(
    record(
      1,
      [started, { type: 'token_created', node: 's:open' }, moved('1.1', 'a'), { type: 'node_skipped', token: '1.1' }],
      1,
    ),
  )
  view.apply(
    record(2, [moved('1.1', 's'), { type: 'node_completed', token: '1.1', output: 1 }, ended('1.1'), completed], 2),
  )

  expect(shape(view.items)).toEqual(['s completed', ' a skipped'])
  expect(view.items[0]).toMatchObject({ started: 1, ended: 2 })
})

test('A group that is skipped where it opens stays skipped', () => {
  const view = new RunView(
    definition({
      nodes: [open('s:open'), { ref: 's', does: { kind: 'last' } }],
      outline: [{ id: 's', kind: 'sequence', node: 's', open: 's:open', children: [] }],
    }),
  )

  view.apply(
    record(1, [
      started,
      { type: 'token_created', node: 's:open' },
      { type: 'node_skipped', token: '1.1' },
      moved('1.1', 's'),
    ]),
  )
  view.apply(record(2, [{ type: 'node_completed', token: '1.1', output: null }, ended('1.1'), completed]))

  expect(shape(view.items)).toEqual(['s skipped'])
})

test('Named branches of a parallel have a status each, and the fan counts them', () => {
  const view = new RunView(parallel())

  view.apply(
    record(1, [
      started,
      { type: 'token_created', node: 'p:open' },
      { type: 'fanned_out', token: '1.1', fan: 'p', count: 2 },
      branch('1.2', 0, 'a'),
      dispatched('1.3'),
      branch('1.2', 1, 'b'),
      dispatched('1.5'),
    ]),
  )
  const open = { ...view.items[0]?.fan }
  view.apply(
    record(2, [
      { type: 'task_completed', token: '1.3', attempt: 1, output: 1 },
      { type: 'branch_arrived', token: '1.3', transition: 'x' },
    ]),
  )
  view.apply(
    record(3, [
      { type: 'task_failed', token: '1.5', attempt: 1, error: failure },
      { type: 'token_ended', token: '1.5', reason: 'done' },
      { type: 'branch_failed', fanout: '1.2', index: 1, error: failure },
      { type: 'joined', fanout: '1.2', status: 'completed' },
      moved('3.3', 'after'),
      dispatched('3.3'),
    ]),
  )

  expect(open).toEqual({ total: 2, done: 0, running: 2, failed: 0, skipped: 0 })
  expect(view.items[0]?.fan).toEqual({ total: 2, done: 1, running: 0, failed: 1, skipped: 0 })
  expect(shape(view.items)).toEqual(['p completed', ' a completed', ' b failed', 'after running'])
})

test('Branches that a join leaves behind are cancelled', () => {
  const view = new RunView(parallel())

  view.apply(
    record(1, [
      started,
      { type: 'token_created', node: 'p:open' },
      { type: 'fanned_out', token: '1.1', fan: 'p', count: 2 },
      branch('1.2', 0, 'a'),
      dispatched('1.3'),
      branch('1.2', 1, 'b'),
      dispatched('1.5'),
    ]),
  )
  view.apply(
    record(2, [
      { type: 'task_failed', token: '1.3', attempt: 1, error: failure },
      { type: 'branch_failed', fanout: '1.2', index: 0, error: failure },
      { type: 'joined', fanout: '1.2', status: 'failed', error: failure },
      { type: 'token_ended', token: '1.5', reason: 'cancelled' },
      { type: 'token_ended', token: '2.2', reason: 'done' },
      { type: 'run_ended', status: 'failed', error: failure },
    ]),
  )

  expect(shape(view.items)).toEqual(['p failed', ' a failed', ' b cancelled', 'after pending'])
  expect(view.items[0]).toMatchObject({ error: failure, fan: { running: 0, failed: 1 } })
})

test('Items inside an each show how many of their branches are in which status', () => {
  const view = new RunView(each())

  view.apply(
    record(1, [
      started,
      { type: 'token_created', node: 'e:open' },
      { type: 'fanned_out', token: '1.1', fan: 'e', count: 3, skipped: 2, items: [1, 2, 3] },
      branch('1.2', 0, 'a'),
      dispatched('1.3'),
      branch('1.2', 1, 'a'),
      dispatched('1.5'),
    ]),
  )
  view.apply(
    record(2, [
      { type: 'task_completed', token: '1.3', attempt: 1, output: 1 },
      { type: 'branch_arrived', token: '1.3', transition: 'x' },
      branch('1.2', 2, 'a'),
    ]),
  )

  expect(view.items[0]).toMatchObject({
    status: 'running',
    fan: { total: 3, done: 1, running: 2, failed: 0, skipped: 2 },
  })
  expect(counts(view.items[0]?.children[0])).toEqual({ completed: 1, running: 1, waiting: 1 })
  expect(view.items[0]?.children[0]?.status).toBe('running')
})

test('An each that begins again counts from zero', () => {
  const view = new RunView(each())

  view.apply(
    record(1, [
      started,
      { type: 'token_created', node: 'e:open' },
      { type: 'fanned_out', token: '1.1', fan: 'e', count: 1 },
      branch('1.2', 0, 'a'),
      dispatched('1.3'),
    ]),
  )
  view.apply(
    record(2, [
      { type: 'task_completed', token: '1.3', attempt: 1, output: 1 },
      { type: 'branch_arrived', token: '1.3', transition: 'x' },
      { type: 'joined', fanout: '1.2', status: 'completed' },
    ]),
  )
  view.apply(record(3, [moved('2.2', 'e:open'), { type: 'fanned_out', token: '2.2', fan: 'e', count: 5 }]))

  expect(view.items[0]).toMatchObject({ status: 'running', fan: { total: 5, done: 0, running: 0 } })
  expect(counts(view.items[0]?.children[0])).toEqual({})
})

test('A branch is over when the fan-out inside it has joined, and both count', () => {
  const view = new RunView(nested())

  view.apply(
    record(1, [
      started,
      { type: 'token_created', node: 'o:open' },
      { type: 'fanned_out', token: '1.1', fan: 'o', count: 1 },
      branch('1.2', 0, 'i:open'),
      { type: 'fanned_out', token: '1.3', fan: 'i', count: 2 },
      branch('1.4', 0, 'a'),
      branch('1.4', 1, 'a'),
    ]),
  )
  const open = { outer: { ...view.items[0]?.fan }, inner: { ...view.items[0]?.children[0]?.fan } }
  view.apply(
    record(2, [
      { type: 'branch_arrived', token: '1.5', transition: 'x' },
      { type: 'branch_arrived', token: '1.6', transition: 'x' },
      { type: 'joined', fanout: '1.4', status: 'completed' },
      { type: 'branch_arrived', token: '2.2', transition: 'y' },
      { type: 'joined', fanout: '1.2', status: 'completed' },
    ]),
  )

  expect(open).toMatchObject({ outer: { running: 1, done: 0 }, inner: { running: 2, total: 2 } })
  expect(view.items[0]).toMatchObject({ status: 'completed', fan: { total: 1, done: 1, running: 0 } })
  expect(view.items[0]?.children[0]).toMatchObject({ status: 'completed', fan: { total: 2, done: 2, running: 0 } })
})

test('An interrupted task blocks the run until a person has decided', () => {
  const view = new RunView(definition({ nodes: [task('a')], outline: [leaf('a')] }))

  view.apply(record(1, [started, { type: 'token_created', node: 'a' }, dispatched('1.1')]))
  view.apply(record(2, [{ type: 'task_interrupted', token: '1.1', attempt: 1, dispatch: 1 }]))
  const blocked = { status: view.status, tasks: view.interrupted().map((item) => item.id) }
  view.apply(
    record(3, [
      { type: 'interruption_decided', token: '1.1', decision: 'rerun', by: 'me' },
      { ...dispatched('1.1'), dispatch: 2 },
    ]),
  )

  expect(blocked).toEqual({ status: 'blocked_decision', tasks: ['a'] })
  expect(view).toMatchObject({ status: 'running' })
  expect(view.interrupted()).toEqual([])
})

test('A paused run is paused although a task is out, until it is resumed', () => {
  const view = new RunView(definition({ nodes: [task('a')], outline: [leaf('a')] }))

  view.apply(
    record(1, [started, { type: 'token_created', node: 'a' }, dispatched('1.1'), { type: 'run_paused', by: 'me' }]),
  )
  const paused = view.status
  view.apply(record(2, [{ type: 'run_resumed', by: 'me' }]))

  expect([paused, view.status]).toEqual(['paused', 'running'])
})

test('A cancelled run leaves nothing running', () => {
  const view = new RunView(each())

  view.apply(
    record(1, [
      started,
      { type: 'token_created', node: 'e:open' },
      { type: 'fanned_out', token: '1.1', fan: 'e', count: 9 },
      branch('1.2', 0, 'a'),
      dispatched('1.3'),
    ]),
  )
  view.apply(
    record(2, [
      { type: 'run_stopping', target: 'cancelled', by: 'me' },
      { type: 'run_ended', status: 'cancelled' },
    ]),
  )

  expect(view.status).toBe('cancelled')
  expect(view.items[0]).toMatchObject({ status: 'cancelled', fan: { running: 0 } })
  expect(counts(view.items[0]?.children[0])).toEqual({ cancelled: 1 })
})

test('The node `end` completes and `fail` fails, with the groups around them; other tokens are cancelled', () => {
  const parts = {
    nodes: [open('s:open'), { ref: 'x', does: { kind: 'end' } }, task('other')],
    outline: [{ id: 's', kind: 'sequence', node: 's', open: 's:open', children: [leaf('x')] }, leaf('other')],
  } as const
  const start: RunEvent[] = [
    started,
    { type: 'token_created', node: 's:open' },
    { type: 'token_created', node: 'other' },
    dispatched('1.2'),
    moved('1.1', 'x'),
  ]
  const ending = new RunView(definition(parts))
  const failing = new RunView(definition(parts))

  ending.apply(record(1, [...start, completed]))
  failing.apply(record(1, [...start, { type: 'node_failed', token: '1.1', error: failure }]))
  failing.apply(record(2, [{ type: 'run_ended', status: 'failed', error: failure }]))

  expect(shape(ending.items)).toEqual(['s completed', ' x completed', 'other cancelled'])
  expect(shape(failing.items)).toEqual(['s failed', ' x failed', 'other cancelled'])
})

test('Attempts are counted at each task anew, and the same attempt ordered again is not another', () => {
  const view = new RunView(definition({ nodes: [task('a'), task('b')], outline: [leaf('a'), leaf('b')] }))
  const { input: _, ...again } = dispatched('1.1')

  view.apply(record(1, [started, { type: 'token_created', node: 'a' }, dispatched('1.1'), { ...again, dispatch: 2 }]))
  view.apply(record(2, [{ type: 'task_completed', token: '1.1', attempt: 1, output: 1 }, moved('1.1', 'b')]))
  view.apply(record(3, [{ ...dispatched('1.1'), attempt: 2 }]))

  expect(view.items.map(({ attempts }) => attempts)).toEqual([1, 1])
})

test('When a run stops, its main part ends and the list for errors begins', () => {
  const view = new RunView(definition({ nodes: [task('a'), task('clean')], outline: [leaf('a'), leaf('clean')] }))

  view.apply(record(1, [started, { type: 'token_created', node: 'a' }, dispatched('1.1')]))
  view.apply(
    record(2, [
      { type: 'run_stopping', target: 'cancelled', by: 'me' },
      { type: 'token_created', node: 'clean', part: 'finally' },
      dispatched('2.1'),
    ]),
  )

  expect(view.status).toBe('stopping')
  expect(shape(view.items)).toEqual(['a cancelled', 'clean running'])
})

test('An artifact that is saved again takes the place of the first', () => {
  const view = new RunView(definition({ nodes: [task('a')], outline: [leaf('a')] }))
  const saved = { name: 'a.md', digest: 'sha256:00', size: 3, media_type: 'text/markdown' }

  view.apply(record(1, [started, { type: 'token_created', node: 'a' }]))
  view.apply(record(2, [{ type: 'artifact_saved', token: '1.1', artifact: saved }]))
  view.apply(record(3, [{ type: 'artifact_saved', token: '1.1', artifact: { ...saved, size: 4 } }]))

  expect(view.artifacts).toEqual([{ ...saved, size: 4 }])
})

test('onChange tells of items outside of every each, once a status', () => {
  const seen: string[] = []
  const view = new RunView(each(), { onChange: (item) => seen.push(`${item.id} ${item.status}`) })

  view.apply(
    record(1, [
      started,
      { type: 'token_created', node: 'e:open' },
      { type: 'fanned_out', token: '1.1', fan: 'e', count: 1 },
      branch('1.2', 0, 'a'),
      dispatched('1.3'),
    ]),
  )
  view.apply(
    record(2, [
      { type: 'task_completed', token: '1.3', attempt: 1, output: 1 },
      { type: 'branch_arrived', token: '1.3', transition: 'x' },
      { type: 'joined', fanout: '1.2', status: 'completed' },
    ]),
  )

  expect(seen).toEqual(['e running', 'e completed'])
})

test('100,000 branches are counted, one record each', () => {
  const view = new RunView(each())
  const total = 100_000

  view.apply(
    record(1, [
      started,
      { type: 'token_created', node: 'e:open' },
      { type: 'fanned_out', token: '1.1', fan: 'e', count: total },
    ]),
  )
  for (let index = 0; index < total; index++) {
    const number = index + 2
    const token = `${number}.0`
    const failed = index % 10 === 0
    view.apply(
      record(number, [
        branch('1.2', index, 'a'),
        dispatched(token),
        failed
          ? { type: 'task_failed', token, attempt: 1, error: failure }
          : { type: 'task_completed', token, attempt: 1, output: 1 },
        failed
          ? { type: 'branch_failed', fanout: '1.2', index, error: failure }
          : { type: 'branch_arrived', token, transition: 'x' },
      ]),
    )
  }

  expect(view.items[0]?.fan).toEqual({ total, done: 90_000, running: 0, failed: 10_000, skipped: 0 })
  expect(counts(view.items[0]?.children[0])).toEqual({ completed: 90_000, failed: 10_000 })
})

const started: RunEvent = {
  type: 'run_started',
  definition: 'd',
  project: 'p',
  workflow: 'w',
  input: {},
  env: {},
  seed: 1,
}
const completed: RunEvent = { type: 'run_ended', status: 'completed', output: { ok: true } }

function record(number: number, events: readonly RunEvent[], time = number): RunRecord {
  return { number, format: 1, time, commands: [], events }
}

function dispatched(token: string): RunEvent & { type: 'task_dispatched' } {
  return { type: 'task_dispatched', token, attempt: 1, dispatch: 1, input: {} }
}

function moved(token: string, node: string): RunEvent {
  return { type: 'token_moved', token, node }
}

function ended(token: string): RunEvent {
  return { type: 'token_ended', token, reason: 'done' }
}

function branch(fanout: string, index: number, node: string): RunEvent {
  return { type: 'branch_started', fanout, index, node }
}

function task(ref: string): NodeDef {
  return { ref, does: { kind: 'task', task: ref, input: { lit: {} } } }
}

function open(ref: string): NodeDef {
  return { ref, does: { kind: 'open' } }
}

function leaf(id: string): OutlineItem {
  return { id, kind: 'tool', node: id }
}

function fan(ref: string, loop: boolean): FanDef {
  return {
    ref,
    node: `${ref}:open`,
    ...(loop ? { each: { items: { list: { lit: [] } }, as: 'item' } } : {}),
    joins: [{ node: ref, strategy: 'wait_all', merge: 'collect' }],
  }
}

function join(ref: string): NodeDef {
  return { ref, does: { kind: 'join', fan: ref } }
}

function parallel(): Definition {
  return definition({
    nodes: [open('p:open'), task('a'), task('b'), join('p'), task('after')],
    fans: [fan('p', false)],
    outline: [
      { id: 'p', kind: 'parallel', node: 'p', open: 'p:open', fan: 'p', children: [leaf('a'), leaf('b')] },
      leaf('after'),
    ],
  })
}

function each(): Definition {
  return definition({
    nodes: [open('e:open'), task('a'), join('e')],
    fans: [fan('e', true)],
    outline: [{ id: 'e', kind: 'each', node: 'e', open: 'e:open', fan: 'e', children: [leaf('a')] }],
  })
}

function nested(): Definition {
  return definition({
    nodes: [open('o:open'), open('i:open'), task('a'), join('i'), join('o')],
    fans: [fan('o', true), fan('i', true)],
    outline: [
      {
        id: 'o',
        kind: 'each',
        node: 'o',
        open: 'o:open',
        fan: 'o',
        children: [{ id: 'i', kind: 'each', node: 'i', open: 'i:open', fan: 'i', children: [leaf('a')] }],
      },
    ],
  })
}

function definition(part: Pick<Definition, 'nodes' | 'outline'> & Partial<Definition>): Definition {
  return definitionOf({ input: {}, start: part.nodes[0]?.ref ?? '', ...part })
}

function shape(items: readonly RunItem[], indent = ''): string[] {
  return items.flatMap((item) => [`${indent}${item.id} ${item.status}`, ...shape(item.children, `${indent} `)])
}

function counts(item: RunItem | undefined): object {
  return Object.fromEntries(Object.entries(item?.counts ?? {}).filter(([, count]) => count !== 0))
}
