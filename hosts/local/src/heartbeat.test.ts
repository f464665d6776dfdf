import { SimulatedClock } from '@wonder/driver-memory'
import { expect, test } from 'vitest'
import { Heartbeat } from './heartbeat.ts'

test('beats do not overlap, a failed one is followed by the next, and stop() waits for the last', async () => {
  const clock = new SimulatedClock()
  const beats: PromiseWithResolvers<void>[] = []
  const heartbeat = new Heartbeat(clock, 10, () => {
    const beat = Promise.withResolvers<void>()
    beats.push(beat)
    return beat.promise
  })

  clock.advance(100)
  expect(beats).toHaveLength(1)
  beats[0]?.reject(new Error('the store is busy'))
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(10)
  expect(beats).toHaveLength(2)
  let stopped = false
  const stopping = heartbeat.stop().then(() => {
    stopped = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(stopped).toBe(false)
  beats[1]?.resolve()
  await stopping
  clock.advance(100)

  expect(beats).toHaveLength(2)
})
