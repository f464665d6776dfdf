import { describe, expect, test } from 'vitest'
import { outputsOf, type Task, type Workflow, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import { decide, encodeSnapshot, type Json } from './index.ts'

const task = (id: string, parts: Partial<Extract<Task, { kind: 'task' }>> = {}): Task => ({
  id,
  kind: 'task',
  ...parts,
})
const run = (parts: Workflow, input: Json = {}): SimulatedRun => {
  const simulated = new SimulatedRun(workflow(parts))
  simulated.start(input)
  return simulated
}
const text = (length: number): string => 'x'.repeat(length)
const each = (parts: Partial<Extract<Task, { kind: 'each' }>>): Task => ({
  id: 'e',
  kind: 'each',
  in: { list: { lit: [0, 1] } },
  do: [task('i')],
  ...parts,
})

describe('a value of more than 64 KB', () => {
  test('is moved out: the record carries a marker, and the result the value by its digest', () => {
    const simulated = run({ tasks: [task('a'), task('b')] })
    const { large, record } = simulated.complete('a', text(70_000))
    const marker = { $blob: large[0]?.digest, size: 70_002 }
    expect(large).toMatchObject([{ digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), value: text(70_000) }])
    expect(record?.events[0]).toMatchObject({ type: 'task_completed', output: marker })
    expect(record?.blobs).toBe(true)
    expect(simulated.complete('b', text(70_000)).record?.blobs).toBeUndefined()
  })

  test('of an object loses its large members only', () => {
    const simulated = run({ tasks: [task('a')], outputs: { path: ['tasks', 'a', 'output', 'small'] } })
    simulated.complete('a', { small: 1, big: text(70_000) })
    expect(simulated.output).toBe(1)
    expect(simulated.loaded).toEqual([])
    expect(simulated.valueOf('a')?.output).toMatchObject({ small: 1, big: { size: 70_002 } })
  })

  test.each([
    ['just fits', 65_534, false],
    ['is one too long', 65_535, true],
  ])('a text that %s', (_what, length, moved) => {
    expect(run({ tasks: [task('a')] }).complete('a', text(length)).large.length > 0).toBe(moved)
  })

  test('of many long numbers is measured as it is encoded', () => {
    const { record } = run({ tasks: [task('a')] }).complete(
      'a',
      Array.from({ length: 5_000 }, () => 0.1234567890123456),
    )
    expect(JSON.stringify(record).length).toBeLessThan(66_000)
  })

  test('goes on as a marker where it is only handed over', () => {
    const simulated = run({
      tasks: [task('a'), task('b', { input: { path: ['tasks', 'a', 'output'] } })],
      outputs: outputsOf('a'),
    })
    simulated.complete('a', text(70_000))
    expect(simulated.inputOf('b')).toMatchObject({ size: 70_002 })
    simulated.complete('b')
    expect(simulated.output).toMatchObject({ a: { size: 70_002 } })
    expect(simulated.loaded).toEqual([])
  })

  test('is asked for where an expression reads through it, and the state is as it was', () => {
    const simulated = run({
      tasks: [each({ do: [task('i')] }), task('b', { input: { cel: 'size(tasks.e.output[0].big)' } })],
    })
    simulated.complete('i', { big: text(70_000) }, { branch: 0 })
    const { token, attempt } = simulated.dispatchOf('i', 1)
    const before = encodeSnapshot(simulated.plan, simulated.state)
    const command = { kind: 'complete_task', token, attempt, output: 1 } as const
    const asked = decide(simulated.plan, simulated.state, [command], { time: 5_000, blobs: new Map() })
    expect(asked).toEqual({ status: 'needs', digests: [...simulated.blobs.keys()] })
    expect(encodeSnapshot(simulated.plan, simulated.state)).toEqual(before)
    simulated.send(command)
    expect(simulated.inputOf('b')).toBe(70_000)
  })

  test('asking in the midst of a fan-out takes back which branches had ended and begun', () => {
    const number: Task = { id: 'n', kind: 'collect', value: { path: ['index'] } }
    const item = task('i', { input: { cel: 'index == 1 ? size(tasks.a.output) : index' } })
    const simulated = run({ tasks: [task('a'), each({ workers: 1, do: [number, item] })] })
    simulated.complete('a', text(70_000))
    const before = encodeSnapshot(simulated.plan, simulated.state)
    const { token, attempt } = simulated.dispatchOf('i', 0)
    const command = { kind: 'complete_task', token, attempt, output: 1 } as const
    const asked = decide(simulated.plan, simulated.state, [command], { time: 5_000, blobs: new Map() })
    expect(asked).toEqual({ status: 'needs', digests: [...simulated.blobs.keys()] })
    expect(encodeSnapshot(simulated.plan, simulated.state)).toEqual(before)
    simulated.send(command)
    expect(simulated.inputOf('i', 1)).toBe(70_000)
  })

  test('asking after a failed branch leaves the failures as they were', () => {
    const simulated = run({
      tasks: [task('a'), each({ strategy: 'best_effort' }), task('b', { input: { cel: 'size(tasks.a.output)' } })],
    })
    simulated.complete('a', text(70_000))
    simulated.complete('i', 1, { branch: 0 })
    simulated.fail('i', {}, 1)
    expect(simulated.loaded).toHaveLength(1)
    expect(simulated.valueOf('e')?.stats).toEqual({ total: 2, succeeded: 1, failed: 1, skipped: 0 })
    expect(simulated.inputOf('b')).toBe(70_000)
  })

  test('asking leaves the children of a group as they were', () => {
    const simulated = run({
      tasks: [
        task('a'),
        { id: 'p', kind: 'parallel', do: [task('x')] },
        task('b', { input: { cel: 'size(tasks.a.output)' } }),
      ],
    })
    simulated.complete('a', text(70_000))
    simulated.complete('x', 1)
    expect(simulated.valueOf('p')?.children).toEqual({ x: { status: 'completed', output: 1 } })
  })

  test('can be input: a path reads into it', () => {
    const list = Array.from({ length: 20_000 }, (_, i) => i)
    const simulated = run({ tasks: [task('a', { input: { path: ['input', 'list', 3] } })] }, { list })
    expect(simulated.inputOf('a')).toBe(3)
    expect(simulated.eventsOf('run_started')[0]?.input).toMatchObject({ list: { $blob: expect.any(String) } })
  })
})

describe('an each over a large list', () => {
  const list = Array.from({ length: 20_000 }, (_, i) => i)
  const body: Task[] = [{ id: 'c', kind: 'collect', value: { path: ['item'] } }]

  test.each([
    ['a marker itself', ['tasks', 'a', 'output'], list],
    ['inside of a marker', ['tasks', 'a', 'output', 'deep', 'list'], { deep: { list, more: text(70_000) } }],
    ['a member of an object that kept its shape', ['tasks', 'a', 'output', 'list'], { list, n: 1 }],
  ] as const)('%s goes over its items', (_what, path, output) => {
    const simulated = new SimulatedRun(
      workflow({
        tasks: [
          task('a'),
          { id: 'e', kind: 'each', in: { list: { path } }, workers: 3, filter: 'item < 0 || true', do: body },
          task('b', { input: { cel: 'size(tasks.e.output)' } }),
        ],
      }),
      { checks: false },
    )
    simulated.start()
    simulated.complete('a', output as Json)
    while (simulated.last?.more) simulated.send({ kind: 'wake' })
    expect(simulated.inputOf('b')).toBe(20_000)
  })

  test.each([
    ['a marker itself', ['tasks', 'a', 'output'], list.slice(0, 14_000)],
    ['inside of a marker', ['tasks', 'a', 'output', 'deep', 'list'], { deep: { list: [1, 2, 3], more: text(70_000) } }],
  ] as const)('%s, without a filter, is folded as it was decided', (_what, path, output) => {
    const simulated = run({
      tasks: [
        task('a'),
        { id: 'e', kind: 'each', in: { list: { path } }, workers: 2, do: [task('i', { input: { path: ['item'] } })] },
      ],
    })
    simulated.complete('a', output as Json)
    simulated.complete('i', 1, { branch: 0 })
    expect(simulated.inputOf('i', 2)).toBe((path.length === 3 ? list : [1, 2, 3])[2])
  })

  test.each(['append', 'merge_object'] as const)('%s looks into large outputs', (merge) => {
    const simulated = run({
      tasks: [each({ merge }), task('b', { input: { cel: 'size(tasks.e.output)' } })],
    })
    simulated.complete('i', merge === 'append' ? list : { a: text(70_000), b: 1 }, { branch: 0 })
    simulated.complete('i', merge === 'append' ? [1] : { b: 2, c: 3 }, { branch: 1 })
    expect(simulated.inputOf('b')).toBe(merge === 'append' ? 20_001 : 3)
  })
})

describe('a record', () => {
  test('takes 256 commands; the rest is for the next decision', () => {
    const simulated = run({ tasks: [each({ in: { list: { lit: '1..300' } } })] })
    const commands = simulated.out.map(
      ({ token, attempt }) => ({ kind: 'complete_task', token, attempt, output: 1 }) as const,
    )
    expect(commands).toHaveLength(300)
    const first = simulated.send(...commands)
    expect(first.outcomes).toHaveLength(256)
    const second = simulated.send(...commands.slice(256))
    expect(second.outcomes).toHaveLength(44)
    expect(simulated.status).toBe('completed')
  })

  test('takes no further command once it holds 1 MiB', () => {
    const simulated = run({ tasks: [each({ in: { list: { lit: '1..100' } } })] })
    const commands = simulated.out.map(
      ({ token, attempt }) => ({ kind: 'complete_task', token, attempt, output: text(30_000) }) as const,
    )
    const { outcomes } = simulated.send(...commands)
    expect(outcomes.length).toBeLessThan(40)
    expect(simulated.journal.at(-1)?.length).toBeLessThan(1_200_000)
  })
})

describe('a command that writes more than a record holds', () => {
  const names = Array.from({ length: 40 }, (_, i) => `c${i}`)
  const simulated = run(
    {
      tasks: [
        ...names.map((id): Task => ({ id, kind: 'collect', value: { path: ['input', 'text'] } })),
        { id: 'sizes', kind: 'collect', value: { list: names.map((id) => ({ cel: `size(tasks.${id}.output)` })) } },
      ],
      outputs: { path: ['tasks', 'sizes', 'output'] },
    },
    { text: text(60_000) },
  )

  test('has what is beyond the room moved out, and the record stays about 1 MiB', () => {
    expect(simulated.records).toHaveLength(1)
    expect(simulated.journal[0]?.length).toBeLessThan(1_048_576)
    expect(simulated.journal[0]?.length).toBeGreaterThan(786_432)
  })

  test('reads them as if they were in the record', () => {
    expect(simulated.output).toEqual(names.map(() => 60_000))
  })

  test('does it with the members of objects and the values of state, too', () => {
    const values = Object.fromEntries(names.map((name) => [name, { path: ['input'] } as const]))
    const set = run({ tasks: [{ id: 's', kind: 'set', values }, task('a')] }, { small: 1, text: text(60_000) })
    expect(set.journal[0]?.length).toBeLessThan(1_048_576)
    expect(set.state.values.c39).toMatchObject({ small: 1, text: { size: 60_002 } })
  })
})
