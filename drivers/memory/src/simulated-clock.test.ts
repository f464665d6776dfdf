import { clockConformance, idsConformance, randomConformance, secretsConformance } from '@wonder/platform/conformance'
import { expect, test } from 'vitest'
import { MapSecrets, SimulatedClock, scriptedIds, scriptedRandom } from './index.ts'

clockConformance('simulation', () => {
  const clock = new SimulatedClock()
  return { clock, pass: async (milliseconds) => clock.advance(milliseconds) }
})
idsConformance('scripts', () => scriptedIds())
randomConformance('scripts', () => scriptedRandom())
secretsConformance('a map', () => {
  const secrets = new MapSecrets()
  return { secrets, set: (name, value) => secrets.set(name, value) }
})

test('advance() calls what becomes due in the order of its time, also what is added meanwhile', () => {
  const clock = new SimulatedClock(1_000)
  const calls: [string, number][] = []
  clock.at(1_300, () => calls.push(['late', clock.now()]))
  clock.at(1_100, () => {
    calls.push(['early', clock.now()])
    clock.at(1_200, () => calls.push(['added', clock.now()]))
  })
  clock.at(1_301, () => calls.push(['not yet', clock.now()]))

  clock.advance(300)

  expect(calls).toEqual([
    ['early', 1_100],
    ['added', 1_200],
    ['late', 1_300],
  ])
  expect(clock.now()).toBe(1_300)
  expect(clock.next()).toBe(1_301)
})

test('at() with a time that has come calls soon, not within at(), and once', async () => {
  const clock = new SimulatedClock(1_000)
  let calls = 0
  clock.at(1_000, () => {
    calls += 1
  })

  expect(calls).toBe(0)
  await Promise.resolve()
  clock.advance(10)
  expect(calls).toBe(1)
})

test('at() gives the function that cancels', async () => {
  const clock = new SimulatedClock(1_000)
  const calls: string[] = []
  clock.at(900, () => calls.push('past'))()
  clock.at(1_100, () => calls.push('future'))()

  await Promise.resolve()
  clock.advance(1_000)

  expect(calls).toEqual([])
})

test('scriptedIds() gives its names, then ids that sort in the order of their making', () => {
  const ids = scriptedIds(['A', 'B'])
  const made = Array.from({ length: 5 }, () => ids.runId())

  expect(made.slice(0, 2)).toEqual(['A', 'B'])
  expect(made.slice(2)).toEqual(made.slice(2).toSorted())
  expect(made[4]).toHaveLength(26)
})

test('scriptedRandom() gives its seeds, then the same sequence each time', () => {
  const first = scriptedRandom([7])
  const second = scriptedRandom([7])
  const seeds = Array.from({ length: 100 }, () => first.seed())

  expect(seeds[0]).toBe(7)
  expect(seeds).toEqual(Array.from({ length: 100 }, () => second.seed()))
  expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true)
})

test('MapSecrets gives present values', async () => {
  const secrets = new MapSecrets({ TOKEN: 'old' })
  secrets.set('TOKEN', 'new')

  expect(await secrets.get('TOKEN')).toBe('new')
  expect(await secrets.get('toString')).toBeUndefined()
  secrets.delete('TOKEN')
  expect(await secrets.get('TOKEN')).toBeUndefined()
})
