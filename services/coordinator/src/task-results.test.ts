import { expect, test } from 'vitest'
import { asking, each, list, retrying } from '../test/definitions.ts'
import { completed, failed, settled, World } from '../test/world.ts'

test('claim() grants a dispatch with all that its task needs', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const message = await host.take()

  const claim = await host.coordinator.results.claim(message, 'x')

  expect(claim).toEqual({
    status: 'granted',
    definition: expect.stringMatching(/^sha256:/),
    project: 'p',
    workflow: 'w',
    node: 'a',
    input: { at: 'a' },
    steps: {},
    startedAt: world.clock.now(),
    seed: expect.any(Number),
  })
  expect(message).toEqual({ run, token: '1.1', attempt: 1, dispatch: 1 })
})

test('claim() tells another executor who holds a dispatch, and grants it to the same one again', async () => {
  const host = new World().open()
  await host.start(list(['a']))
  const message = await host.take()
  const first = await host.claim(message, 'x')

  expect(await host.coordinator.results.claim(message, 'y')).toMatchObject({ status: 'held', by: 'x' })
  expect(await host.coordinator.results.claim(message, 'x')).toEqual(first)
})

test('claim() of two executors at once grants a task whose start must be known to one', async () => {
  const host = new World().open()
  await host.start(asking)
  await host.complete(await host.take(), 1)
  const message = await host.take()
  const { results } = host.coordinator

  const claims = await Promise.all([results.claim(message, 'x'), results.claim(message, 'y')])

  expect(claims.map(({ status }) => status)).toEqual(['granted', 'held'])
})

test('claim() of a dispatch with a result is gone', async () => {
  const host = new World().open()
  await host.start(list(['a', 'b']))
  const message = await host.take()
  await host.complete(message, 1)

  expect(await host.coordinator.results.claim(message, 'x')).toEqual({ status: 'gone' })
})

test('claim() of a dispatch that another one follows is gone, and the follower is free', async () => {
  const host = new World().open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  await host.claim(message, 'x')
  await host.coordinator.command(run, { kind: 'recover', lost: [message.token] })
  const next = await host.take()

  expect(next).toEqual({ ...message, dispatch: 2 })
  expect(await host.coordinator.results.claim(message, 'x')).toEqual({ status: 'gone' })
  expect((await host.coordinator.results.claim(next, 'y')).status).toBe('granted')
})

test('claim() of a task of a run that has ended is gone', async () => {
  const host = new World().open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  await host.coordinator.command(run, { kind: 'cancel' })

  expect(await host.coordinator.results.claim(message, 'x')).toEqual({ status: 'gone' })
})

test('claim() says gone only after what makes it so is on disk', async () => {
  const host = new World().open()
  await host.start(list(['a', 'b']))
  const message = await host.take()
  host.store.hold()
  const reported = host.complete(message, 1)
  await settled()
  let answered = false

  const claimed = host.coordinator.results.claim(message, 'x').finally(() => {
    answered = true
  })
  await settled()
  expect(answered).toBe(false)

  host.store.release()
  await reported
  expect(await claimed).toEqual({ status: 'gone' })
})

test('claim() grants a task with `interrupted: ask` only after its start is on disk', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(asking)
  await host.complete(await host.take(), 1)
  const message = await host.take()
  host.store.hold()
  let granted = false

  const claimed = host.claim(message).then(() => {
    granted = true
  })
  await settled()
  expect(granted).toBe(false)

  host.store.release()
  await claimed
  const { token, attempt, dispatch } = message
  expect(world.events(run).at(-1)).toEqual({ type: 'task_started', token, attempt, dispatch })
})

test('claim() does not grant a task that was started before a crash and must not run twice', async () => {
  const world = new World()
  const host = world.open()
  await host.start(asking)
  await host.complete(await host.take(), 1)
  const message = await host.take()
  await host.claim(message)

  expect(await world.open().coordinator.results.claim(message, 'x')).toEqual({ status: 'gone' })
})

test('claim() grants what is in the journal of the steps of an attempt', async () => {
  const host = new World().open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  await host.claim(message)
  await host.report(message, { status: 'step', step: 'one', output: { n: 1 } })
  await host.coordinator.command(run, { kind: 'recover', lost: [message.token] })

  expect(await host.claim(await host.take(), 'y')).toMatchObject({ steps: { one: { n: 1 } } })
})

test('the seed of a grant is the same for each dispatch of an attempt, and another for the next', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(retrying)
  const first = await host.take()
  const { seed } = await host.claim(first)
  await host.coordinator.command(run, { kind: 'recover', lost: [first.token] })
  const again = await host.take()
  expect((await host.claim(again)).seed).toBe(seed)

  await host.report(again, failed())
  world.clock.advance(1_000)

  expect((await host.claim(await host.take())).seed).not.toBe(seed)
})

test('report() of a second result is a duplicate, whichever dispatch sent it', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a', 'b']))
  const message = await host.take()
  await host.coordinator.command(run, { kind: 'recover', lost: [message.token] })

  expect(await host.complete(message, 'first')).toEqual({ status: 'accepted' })
  expect(await host.complete({ ...message, dispatch: 2 }, 'second')).toEqual({ status: 'duplicate' })
  expect(await host.report(message, failed())).toEqual({ status: 'duplicate' })
  await host.work()
  expect(world.end(run)?.output).toMatchObject({ a: 'first' })
})

test('report() of a second result of a step is a duplicate', async () => {
  const host = new World().open()
  await host.start(list(['a']))
  const message = await host.take()

  expect(await host.report(message, { status: 'step', step: 's', output: 1 })).toEqual({ status: 'accepted' })
  expect(await host.report(message, { status: 'step', step: 's', output: 2 })).toEqual({ status: 'duplicate' })
})

test('report() keeps the artifacts of a task with its result', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const artifact = { name: 'report.md', digest: 'sha256:00', size: 3, mediaType: 'text/markdown' }

  await host.report(await host.take(), { status: 'completed', output: 1, artifacts: [artifact] })

  expect(world.events(run)).toContainEqual({
    type: 'artifact_saved',
    token: '1.1',
    artifact: { name: 'report.md', digest: 'sha256:00', size: 3, media_type: 'text/markdown' },
  })
})

test.for(['fail_fast', 'race'] as const)('a join by %s tells the executors whom nobody waits for', async (strategy) => {
  const host = new World().open()
  await host.start(each({ strategy }), { items: [0, 1, 2] })
  const first = await host.take()
  await host.claim(first)
  await host.report(first, strategy === 'race' ? completed(1) : failed('never'))

  expect(host.aborted).toEqual(host.messages)
  expect(host.aborted).toHaveLength(2)
  const [late] = host.messages
  if (late === undefined) throw new Error('nothing is left')
  expect(await host.complete(late, 1)).toEqual({ status: 'gone' })
  expect(await host.coordinator.results.claim(late, 'x')).toEqual({ status: 'gone' })
})

test('a cancelled run tells the executors, and takes no result', async () => {
  const world = new World()
  const host = world.open()
  const run = await host.start(list(['a']))
  const message = await host.take()
  await host.claim(message)

  await host.coordinator.command(run, { kind: 'cancel' })

  expect(host.aborted).toEqual([message])
  expect(await host.complete(message, 1)).toEqual({ status: 'gone' })
  expect(world.end(run)?.status).toBe('cancelled')
})

test('onAbort() calls each listener until it stops listening, also one that listens twice', async () => {
  const host = new World().open()
  let calls = 0
  const listener = () => {
    calls += 1
  }
  const stop = host.coordinator.results.onAbort(listener)
  host.coordinator.results.onAbort(listener)
  stop()
  const run = await host.start(list(['a']))

  await host.coordinator.command(run, { kind: 'cancel' })

  expect(calls).toBe(1)
})
