import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EventTarget, Json } from '../src/index.ts'

export type EventTargetHarness = {
  readonly name: string
  readonly open: () => Promise<{ readonly target: EventTarget; end(): Promise<void> }>
}

function collector() {
  const events: Json[] = []
  let check = () => {}
  return {
    events,
    listener: (event: Json) => {
      events.push(event)
      check()
    },
    until: (count: number) =>
      new Promise<void>((resolve) => {
        check = () => {
          if (events.length >= count) resolve()
        }
        check()
      }),
  }
}

export function eventTargetConformance(harness: EventTargetHarness): void {
  describe(`EventTarget of ${harness.name}`, () => {
    let target: EventTarget
    let end: () => Promise<void>

    beforeEach(async () => {
      ;({ target, end } = await harness.open())
    })
    afterEach(() => end())

    test('G1 publish() returns before a listener is called', async () => {
      const seen = collector()
      target.subscribe('run', seen.listener)

      target.publish('run', 1)

      expect(seen.events).toEqual([])
      await seen.until(1)
    })

    test('G1 a listener that throws disturbs neither the publisher nor the others', async () => {
      const seen = collector()
      target.subscribe('run', () => {
        throw new Error('broken listener')
      })
      target.subscribe('run', seen.listener)

      target.publish('run', 1)
      target.publish('run', 2)

      await seen.until(2)
      expect(seen.events).toEqual([1, 2])
    })

    test('G1 publish() to nobody does nothing', () => {
      expect(target.publish('nobody', 1)).toBeUndefined()
    })

    test('G2 events come in the order of publishing, each once, to every listener of the topic', async () => {
      const one = collector()
      const two = collector()
      const other = collector()
      target.subscribe('run', one.listener)
      target.subscribe('run', two.listener)
      target.subscribe('run2', other.listener)
      const events = Array.from({ length: 1_000 }, (_, number) => ({ number }))

      for (const event of events) target.publish('run', event)
      target.publish('run2', 'end')

      await Promise.all([one.until(1_000), two.until(1_000), other.until(1)])
      expect(one.events).toEqual(events)
      expect(two.events).toEqual(events)
      expect(other.events).toEqual(['end'])
    })

    test('G2 events that are published while others are delivered come after them', async () => {
      const seen = collector()
      target.subscribe('run', (event) => {
        if (event === 1) target.publish('run', 3)
      })
      target.subscribe('run', seen.listener)

      target.publish('run', 1)
      target.publish('run', 2)

      await seen.until(3)
      expect(seen.events).toEqual([1, 2, 3])
    })

    test('G2, G3 a listener gets nothing from before its subscription', async () => {
      const first = collector()
      const later = collector()
      target.subscribe('run', first.listener)
      target.publish('run', 1)
      target.subscribe('run', later.listener)
      target.publish('run', 2)

      await Promise.all([first.until(2), later.until(1)])

      expect(later.events).toEqual([2])
    })

    test('G2 a listener gets nothing after it has ended its subscription, and the others still do', async () => {
      const ended = collector()
      const seen = collector()
      const stop = target.subscribe('run', ended.listener)
      target.subscribe('run', seen.listener)
      target.publish('run', 1)

      stop()
      stop()
      target.publish('run', 2)

      await seen.until(2)
      expect(ended.events).toEqual([])
    })

    test('G2 a function that subscribed twice is called twice, until each subscription has ended', async () => {
      const seen = collector()
      const last = collector()
      const stop = target.subscribe('run', seen.listener)
      target.subscribe('run', seen.listener)
      target.subscribe('run', last.listener)
      target.publish('run', 1)
      await last.until(1)
      stop()
      target.publish('run', 2)
      await last.until(2)

      expect(seen.events).toEqual([1, 1, 2])
    })

    test('G4 hasListeners() tells whether somebody listens to the topic', () => {
      expect(target.hasListeners('run')).toBe(false)

      const stops = [target.subscribe('run', () => {}), target.subscribe('run', () => {})]
      expect(target.hasListeners('run')).toBe(true)
      expect(target.hasListeners('other')).toBe(false)

      for (const stop of stops) stop()
      expect(target.hasListeners('run')).toBe(false)
    })
  })
}
