import { describe, expect, test } from 'vitest'
import { PatternWorld } from './pattern-world.ts'

async function start(workflow: string, input = {}) {
  return (await PatternWorld.open()).start(workflow, input)
}

describe('basic control flow', () => {
  test('WCP-1 Sequence: the second task begins when the first has completed, and not when it failed', async () => {
    const run = await start('sequence')
    expect(run.out).toEqual(['check'])
    await run.complete('check')
    expect(run.out).toEqual(['pack'])
    await run.complete('pack')
    expect(run.status).toBe('completed')

    const failing = await start('sequence')
    await failing.fail('check')
    expect([failing.status, failing.begun]).toEqual(['failed', ['check']])
  })

  test('WCP-2 Parallel Split: both branches run at the same time', async () => {
    const run = await start('parallel_split')
    await run.complete('accept')
    expect(run.out).toEqual(['bill', 'pack'])
  })

  test.each([
    ['pack', 'bill'],
    ['bill', 'pack'],
  ])('WCP-3 Synchronization: after %s and %s the next task begins, once', async (first, second) => {
    const run = await start('synchronization')
    await run.complete(first)
    expect(run.out).toEqual([second])
    await run.complete(second)
    expect(run.out).toEqual(['ship'])
  })

  test.each([
    [2_000, 'review'],
    [200, 'sample'],
    [20, 'approve'],
  ])('WCP-4 Exclusive Choice: %s leads to %s alone', async (amount, task) => {
    const run = await start('exclusive_choice', { amount })
    expect(run.out).toEqual([task])
    await run.complete(task)
    expect([run.status, run.begun]).toEqual(['completed', [task]])
  })

  test.each([
    [true, 'courier'],
    [false, 'post'],
  ])('WCP-5 Simple Merge: express %s, and what follows %s waits for nothing else', async (express, task) => {
    const run = await start('simple_merge', { express })
    await run.complete('order')
    await run.complete(task)
    expect(run.out).toEqual(['notify'])
    await run.complete('notify')
    expect([run.status, run.begun]).toEqual(['completed', ['order', task, 'notify']])
  })
})

describe('choices and merges', () => {
  test.each([
    [false, false, ['police']],
    [true, false, ['police', 'engine']],
    [false, true, ['police', 'ambulance']],
    [true, true, ['police', 'engine', 'ambulance']],
  ])('WCP-6 Multi-Choice: fire %s and injured %s begin %j', async (fire, injured, tasks) => {
    const run = await start('multi_choice', { fire, injured })
    await run.complete('call')
    expect(run.out).toEqual(tasks.toSorted())
  })

  test.each([
    [false, false, ['police']],
    [true, false, ['engine', 'police']],
    [true, true, ['ambulance', 'police', 'engine']],
  ])(
    'WCP-7 Structured Synchronizing Merge: fire %s and injured %s wait for %j and no other',
    async (fire, injured, tasks) => {
      const run = await start('synchronizing_merge', { fire, injured })
      await run.complete('call')
      for (const task of tasks) {
        expect(run.times('report')).toBe(0)
        await run.complete(task)
      }
      expect(run.out).toEqual(['report'])
    },
  )

  test('WCP-8 Multi-Merge: what follows runs once for each branch, also at the same time', async () => {
    const run = await start('multi_merge')
    await run.complete('build')
    await run.complete('frame')
    expect(run.out).toEqual(['inspect', 'wheels'])
    await run.complete('wheels')
    expect(run.out).toEqual(['inspect', 'inspect'])
    await run.complete('inspect')
    await run.complete('inspect')
    expect(run.status).toBe('completed')
  })
})

describe('discriminators and partial joins', () => {
  test.each([
    ['breathing', 'pulse'],
    ['pulse', 'breathing'],
  ])('WCP-9 Structured Discriminator: %s goes on, and %s runs to its end and is passed over', async (first, second) => {
    const run = await start('discriminator')
    await run.complete('patient')
    await run.complete(first)
    expect([run.out, run.withdrawn]).toEqual([[second, 'triage'], []])
    await run.complete('triage')
    expect(run.status).toBe('running')
    await run.complete(second)
    expect([run.status, run.times('triage')]).toEqual(['completed', 1])
  })

  test('WCP-28 Blocking Discriminator: the branches of the next round wait until the last has ended', async () => {
    const world = await PatternWorld.open()
    const first = await world.start('blocking_discriminator')
    const second = await world.start('blocking_discriminator')
    const elsewhere = await world.start('blocking_discriminator', { ward: 'b' })
    expect([first.out, second.out, elsewhere.out]).toEqual([['patient'], [], ['patient']])
    await first.complete('patient')
    await first.complete('pulse')
    expect([first.out, second.out]).toEqual([['breathing', 'triage'], []])
    await first.complete('triage')
    expect(second.out).toEqual([])
    await first.complete('breathing')
    expect([first.status, first.times('triage'), second.out]).toEqual(['completed', 1, ['patient']])
  })

  test.each([
    ['expert', 'archive'],
    ['archive', 'expert'],
  ])('WCP-29 Cancelling Discriminator: %s goes on, and %s is cancelled', async (first, second) => {
    const run = await start('cancelling_discriminator')
    await run.complete('question')
    await run.complete(first)
    expect([run.out, run.withdrawn]).toEqual([['reply'], [second]])
    await run.complete('reply')
    expect(run.status).toBe('completed')
  })

  test('WCP-30 Structured Partial Join: two of three go on, and the third runs to its end', async () => {
    const run = await start('partial_join')
    await run.complete('draft')
    await run.complete('board')
    expect(run.times('publish')).toBe(0)
    await run.complete('legal')
    expect([run.out, run.withdrawn]).toEqual([['publish', 'sales'], []])
    await run.complete('publish')
    await run.complete('sales')
    expect([run.status, run.times('publish')]).toEqual(['completed', 1])
  })

  test('WCP-31 Blocking Partial Join: the second round begins when the first has wholly ended', async () => {
    const world = await PatternWorld.open()
    const parent = await world.start('blocking_partial_join')
    const rounds = () => world.runs.filter(({ id }) => id !== parent.id)
    const [first] = rounds()
    await first?.complete('draft')
    await first?.complete('legal')
    await first?.complete('sales')
    await first?.complete('publish')
    expect([first?.out, rounds().length]).toEqual([['board'], 1])
    await first?.complete('board')
    expect(rounds().map(({ out }) => out)).toEqual([[], ['draft']])
  })

  test('WCP-32 Cancelling Partial Join: two of three go on, and the third is cancelled', async () => {
    const run = await start('cancelling_partial_join')
    await run.complete('order')
    await run.complete('west')
    expect(run.withdrawn).toEqual([])
    await run.complete('north')
    expect([run.out, run.withdrawn]).toEqual([['compare'], ['south']])
  })

  test('WCP-33 Generalized AND-Join: a branch that comes twice is kept for the next time', async () => {
    const run = await start('generalized_and_join')
    await run.complete('factory')
    await run.complete('wheel')
    await run.complete('wheel')
    expect(run.times('assemble')).toBe(0)
    await run.complete('frame')
    expect(run.times('assemble')).toBe(1)
    await run.complete('assemble')
    expect(run.out).toEqual(['frame'])
    await run.complete('frame')
    expect(run.times('assemble')).toBe(2)
    await run.complete('assemble')
    expect(run.status).toBe('completed')
  })
})

describe('synchronizing merges of any shape', () => {
  test.each([
    [false, false, ['pack']],
    [false, true, ['pack', 'insure']],
    [true, true, ['pack', 'insure', 'customs']],
    [true, false, ['customs', 'pack']],
  ])('WCP-37 Acyclic Synchronizing Merge: abroad %s and fragile %s wait for %j', async (abroad, fragile, tasks) => {
    const run = await start('acyclic_synchronizing_merge', { abroad, fragile })
    await run.complete('order')
    for (const task of tasks) {
      expect(run.times('ship')).toBe(0)
      await run.complete(task)
    }
    expect(run.out).toEqual(['ship'])
  })

  test('WCP-38 General Synchronizing Merge: waits for what goes round and for what splits off, and for nothing else', async () => {
    const run = await start('general_synchronizing_merge')
    await run.complete('report')
    await run.complete('photograph')
    await run.complete('examine', { value: { broken: true, unclear: true } })
    expect(run.out).toEqual(['photograph', 'repair'])
    await run.complete('repair')
    await run.complete('examine', { value: { broken: false, unclear: false } })
    expect([run.out, run.times('close')]).toEqual([['photograph'], 0])
    await run.complete('photograph')
    expect(run.out).toEqual(['close'])

    const short = await start('general_synchronizing_merge')
    await short.complete('report')
    await short.complete('examine', { value: { broken: false, unclear: false } })
    await short.complete('photograph')
    expect(short.out).toEqual(['close'])
  })

  test('WCP-41 Thread Merge: three threads of one branch become one', async () => {
    const run = await start('thread_merge')
    await run.complete('begin')
    for (const left of [3, 2, 1]) {
      expect(run.out).toEqual(Array(left).fill('scan'))
      await run.complete('scan')
    }
    expect(run.out).toEqual(['publish'])
  })

  test.each([0, 1, 4])('WCP-42 Thread Split: one thread becomes %s', async (copies) => {
    const run = await start('thread_split', { copies })
    await run.complete('begin')
    expect(run.out).toEqual(Array(copies).fill('scan'))
    for (let n = 0; n < copies; n++) await run.complete('scan')
    expect(run.status).toBe('completed')
  })
})
