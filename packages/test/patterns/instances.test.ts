import { describe, expect, test } from 'vitest'
import { PatternWorld } from './pattern-world.ts'

const hour = 3_600_000

async function start(workflow: string, input = {}) {
  return (await PatternWorld.open()).start(workflow, input)
}

describe('multiple instances', () => {
  test('WCP-12 Multiple Instances without Synchronization: the flow goes on beside them', async () => {
    const run = await start('instances_without_synchronization', { fines: ['a', 'b', 'c'] })
    await run.complete('collect_fines')
    expect(run.out).toEqual(['archive', 'send', 'send', 'send'])
    await run.complete('archive')
    for (const of of ['b', 'c', 'a']) await run.complete('send', { of })
    expect(run.status).toBe('completed')
  })

  test('WCP-13 Multiple Instances with a Priori Design-Time Knowledge: three, and then the next task', async () => {
    const run = await start('instances_known_at_design_time')
    expect(run.out).toEqual(['sign', 'sign', 'sign'])
    for (let n = 0; n < 3; n++) {
      expect(run.times('file')).toBe(0)
      await run.complete('sign')
    }
    expect(run.out).toEqual(['file'])
  })

  test.each([0, 1, 5])('WCP-14 Multiple Instances with a Priori Run-Time Knowledge: %s of them', async (count) => {
    const engines = Array.from({ length: count }, (_, n) => `engine ${n}`)
    const run = await start('instances_known_at_run_time')
    await run.complete('find', { value: engines })
    expect(run.outWith).toEqual(count === 0 ? [null] : engines)
    for (const of of engines.toReversed()) await run.complete('inspect', { of })
    expect(run.out).toEqual(['report'])
  })

  test('WCP-15 Multiple Instances without a Priori Run-Time Knowledge: more are added while others run', async () => {
    const run = await start('instances_not_known')
    await run.complete('accident')
    await run.signal('witness', { name: 'Ada' })
    expect(run.outWith).toEqual(['Ada'])
    await run.signal('witness', { name: 'Bob' })
    await run.complete('interview', { of: 'Ada' })
    await run.signal('witness', { name: 'Cleo' })
    expect(run.outWith).toEqual(['Bob', 'Cleo'])

    await run.pass(hour)
    await run.complete('interview', { of: 'Cleo' })
    expect(run.out).toEqual(['interview'])
    await run.complete('interview', { of: 'Bob' })
    expect(run.out).toEqual(['report'])
    await run.complete('report')
    expect(run.status).toBe('completed')
  })

  test('WCP-34 Static Partial Join for Multiple Instances: two are enough, the others run to their end', async () => {
    const run = await start('instances_partial_join', { suppliers: ['a', 'b', 'c', 'd'] })
    await run.complete('request')
    await run.complete('quote', { of: 'd' })
    expect(run.times('choose')).toBe(0)
    await run.complete('quote', { of: 'b' })
    expect([run.out, run.withdrawn]).toEqual([['choose', 'quote', 'quote'], []])
    for (const of of ['a', 'c']) await run.complete('quote', { of })
    await run.complete('choose')
    expect([run.status, run.times('choose')]).toEqual(['completed', 1])
  })

  test('WCP-35 Cancelling Partial Join for Multiple Instances: two are enough, the others are cancelled', async () => {
    const run = await start('instances_cancelling_partial_join', { samples: ['a', 'b', 'c', 'd'] })
    await run.complete('begin')
    await run.complete('test', { of: 'c' })
    await run.complete('test', { of: 'a' })
    expect([run.out, run.withdrawn]).toEqual([['release'], ['test', 'test']])
  })

  test('WCP-36 Dynamic Partial Join for Multiple Instances: added while they run, until a condition holds', async () => {
    const run = await start('instances_dynamic_partial_join', { needed: 2 })
    await run.complete('begin')
    for (const from of ['a', 'b', 'c']) await run.signal('offer', { from })
    await run.complete('judge', { of: 'a', value: 'good' })
    await run.complete('judge', { of: 'b', value: 'bad' })
    expect(run.times('decide')).toBe(0)
    await run.signal('offer', { from: 'd' })
    await run.complete('judge', { of: 'd', value: 'good' })
    expect(run.out).toEqual(['decide', 'judge'])

    await run.signal('offer', { from: 'late' })
    expect(run.outWith).not.toContain('late')
    await run.complete('judge', { of: 'c', value: 'good' })
    await run.complete('decide')
    expect([run.status, run.times('decide')]).toEqual(['completed', 1])
  })

  test('WCP-26 Cancel Multiple Instance Activity: what has not completed is withdrawn, and nothing follows from it', async () => {
    const run = await start('cancel_instances', { addresses: ['a', 'b', 'c'] })
    await run.complete('send', { of: 'b' })
    await run.signal('stop')
    expect([run.withdrawn, run.status, run.times('thanks')]).toEqual([['send', 'send'], 'completed', 0])

    const whole = await start('cancel_instances', { addresses: ['a'] })
    await whole.complete('send')
    expect(whole.out).toEqual(['thanks'])
  })

  test('WCP-27 Complete Multiple Instance Activity: what has not completed is withdrawn, and the flow goes on with the rest', async () => {
    const run = await start('complete_instances', { reviewers: ['a', 'b', 'c'] })
    await run.complete('paper')
    await run.complete('review', { of: 'c', value: 'fine' })
    await run.pass(hour - 1)
    expect(run.status).toBe('running')
    await run.pass(1)
    expect([run.withdrawn, run.status]).toEqual([['review', 'review'], 'completed'])
    expect(run.output).toEqual({ reviews: [null, null, expect.objectContaining({ value: 'fine' })] })
  })
})
