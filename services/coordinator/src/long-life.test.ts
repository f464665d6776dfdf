import { expect, test } from 'vitest'
import { list } from '../test/definitions.ts'
import { completed, World } from '../test/world.ts'
import { JournalHistory } from './journal-history.ts'

const rounds = 30_000

test('a loop of tens of thousands of rounds keeps state, snapshot and journal small, and all of it can be read', {
  timeout: 120_000,
}, async () => {
  const world = new World()
  const host = world.open()
  const definition = list(['a'], {
    transitions: [{ ref: 'again', from: 'a', to: 'a', max_iterations: rounds - 1 }],
  })
  const run = await host.start(definition)
  let ran = 0
  const snapshots = new Set<number>()
  await host.work(() => {
    ran += 1
    const { snapshot } = world.entity(run)
    if (snapshot !== null) snapshots.add(snapshot.chunks.join('').length)
    return completed({ round: ran })
  })
  await host.coordinator.whenArchived()

  expect(ran).toBe(rounds)
  expect(world.end(run)?.status).toBe('completed')
  // The counters have more digits at the end than at the beginning.
  expect(Math.max(...snapshots) - Math.min(...snapshots)).toBeLessThan(60)
  expect(world.entity(run).records.length).toBeLessThan(15_000)
  let records = 0
  for await (const { number } of new JournalHistory(host.store, world.blobs).records(run)) {
    records += 1
    expect(number).toBe(records)
  }
  expect(records).toBe(rounds + 1)
  const verified = await host.coordinator.history.verify(run)
  expect(verified.problem).toBeNull()
  expect(verified.archived).toBeGreaterThan(15_000)
})
