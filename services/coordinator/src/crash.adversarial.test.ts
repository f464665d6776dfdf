import type { Definition } from '@wonder/engine'
import type { Grant, Json, Report, TaskMessage } from '@wonder/platform'
import { expect, test } from 'vitest'
import { asking, backoff, each, list, task } from '../test/definitions.ts'
import { completed, echo, failed, type Process, World } from '../test/world.ts'

type Perform = (grant: Grant, message: TaskMessage) => Report['result']

/** Fails on the first two tries of each task. */
const third: Perform = (grant, message) => (message.attempt < 3 ? failed() : echo(grant))
const large: Perform = ({ node }) => completed({ node, text: 'x'.repeat(100_000) })

const scenarios: readonly {
  readonly name: string
  readonly definition: Definition
  readonly input?: Json
  readonly perform?: Perform
}[] = [
  { name: 'a list', definition: list(['a', 'b', 'c', 'd']) },
  { name: 'an each with workers', definition: each({ workers: 2 }), input: { items: [0, 1, 2, 3, 4] } },
  { name: 'an each without bounds', definition: each(), input: { items: [0, 1, 2] } },
  { name: 'an each of nothing', definition: each(), input: { items: [] } },
  {
    name: 'retries',
    definition: list(['a'], { tasks: { mock: task({ retry: backoff }) } }),
    perform: third,
  },
  { name: 'a task that is asked about', definition: asking },
  {
    name: 'a task that fails when it is cut off, whose list goes on',
    definition: list(['a', 'b'], {
      nodes: [
        { ref: 'a', does: { kind: 'task', task: 'mock', input: { lit: { at: 'a' } } }, onError: 'continue' },
        { ref: 'b', does: { kind: 'task', task: 'mock', input: { lit: { at: 'b' } } } },
      ],
    }),
  },
  {
    name: 'large values that the outputs look into',
    definition: list(['a', 'b'], { outputs: { cel: 'size(tasks.a.output.text) + size(tasks.b.output.text)' } }),
    perform: large,
  },
]

/** Works until the run has ended: lets time pass for its timers, and answers what a person is asked. */
async function toTheEnd(world: World, host: Process, run: string, perform: Perform): Promise<void> {
  for (let rounds = 0; world.end(run) === null; rounds++) {
    if (rounds > 100) throw new Error('the run does not end')
    await host.work(perform)
    world.clock.advance(1_000)
    if (world.row(run)?.status === 'blocked_decision') {
      await host.coordinator.command(run, { kind: 'decide_interruption', task: 'b', decision: 'rerun' })
    }
  }
}

/** Attempts that have a result in the journal. */
function withResult(world: World, run: string): Set<string> {
  return new Set(
    world
      .events(run)
      .flatMap((event) =>
        event.type === 'task_completed' || event.type === 'task_failed' ? [`${event.token}/${event.attempt}`] : [],
      ),
  )
}

test.for(scenarios)('$name: killed after any record, it ends as it would have', async (scenario) => {
  const { definition, input = {}, perform = echo } = scenario
  const whole = new World()
  const host = whole.open()
  const run = await host.start(definition, input)
  await toTheEnd(whole, host, run, perform)
  const journal = [...whole.entity(run).records]

  for (let records = 1; records <= journal.length; records++) {
    whole.cut(run, records)
    const settled = withResult(whole, run)
    const next = whole.open()
    await next.coordinator.command(run, { kind: 'recover' })
    await toTheEnd(whole, next, run, perform)

    expect(whole.end(run)).toEqual(outcome(journal))
    const again = next.delivered.filter(({ token, attempt }) => settled.has(`${token}/${attempt}`))
    expect(again, 'K8: dispatched again although it has a result').toEqual([])

    const entity = whole.entity(run)
    entity.records.splice(0, entity.records.length, ...journal)
  }
})

function outcome(journal: readonly { readonly body: string }[]): unknown {
  return (JSON.parse(journal.at(-1)?.body ?? '') as { e: unknown[] }).e.at(-1)
}

test('a crash before the start of a task that is asked about dispatches it again; one after it asks', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(asking)
  await host.complete(await host.take(), 1)
  const second = await host.take()

  const next = world.open()
  await next.coordinator.command(run, { kind: 'recover' })
  const again = await next.take()
  expect(again).toEqual({ ...second, dispatch: 2 })
  await next.claim(again)

  const last = world.open()
  await last.coordinator.command(run, { kind: 'recover' })
  expect(await last.coordinator.whenResting(run)).toBe('blocked_decision')
  expect(last.messages).toEqual([])
})

test('a record that was written and not acknowledged before a crash is real', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a', 'b']))
  host.store.failNext(new Error('the process is gone'), 'after')
  await expect(host.complete(await host.take(), 'first')).rejects.toThrow('the process is gone')

  const next = world.open()
  await next.coordinator.command(run, { kind: 'recover' })
  await next.work()

  expect(next.delivered).toMatchObject([{ attempt: 2, dispatch: 2 }])
  expect(world.end(run)?.output).toEqual({ a: 'first', b: { did: 'b' } })
})

test('a step whose output is in the journal is given to the dispatch after a crash', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  await host.report(await host.take(), { status: 'step', step: 'one', output: { n: 1 } })

  const next = world.open()
  await next.coordinator.command(run, { kind: 'recover' })

  expect((await next.claim(await next.take())).steps).toEqual({ one: { n: 1 } })
})

test('a fail_fast each killed after any record fails with the same error', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(each({ strategy: 'fail_fast', workers: 1 }), { items: [0, 1, 2] })
  const perform: Perform = (grant) =>
    (grant.input as { readonly at: number }).at === 1 ? failed('never') : echo(grant)
  await toTheEnd(world, host, run, perform)
  const journal = [...world.entity(run).records]

  for (let records = 1; records < journal.length; records++) {
    world.cut(run, records)
    const next = world.open()
    await next.coordinator.command(run, { kind: 'recover' })
    await toTheEnd(world, next, run, perform)
    expect(world.end(run)).toEqual(outcome(journal))
    world.entity(run).records.splice(0, Number.POSITIVE_INFINITY, ...journal)
  }
})
