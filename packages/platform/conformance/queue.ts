import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Queue, TaskMessage } from '../src/index.ts'

export type QueueHarness = {
  readonly name: string
  /** An empty queue, and what lets go of it. */
  readonly open: () => Promise<{ readonly queue: Queue; end(): Promise<void> }>
}

type Delivery = { readonly message: TaskMessage; readonly acknowledge: () => void }

function message(number: number): TaskMessage {
  return { run: 'r', token: `t${number}`, attempt: 1, dispatch: 1 }
}

/** Collects deliveries; until(n) resolves when there are n of them. */
function collector(options: { readonly acknowledge: boolean }) {
  const deliveries: Delivery[] = []
  let check = () => {}
  return {
    deliveries,
    tokens: () => deliveries.map((delivery) => delivery.message.token),
    handler: (received: TaskMessage, acknowledge: () => void) => {
      deliveries.push({ message: received, acknowledge })
      if (options.acknowledge) acknowledge()
      check()
    },
    until: (count: number) =>
      new Promise<void>((resolve) => {
        check = () => {
          if (deliveries.length >= count) resolve()
        }
        check()
      }),
  }
}

export function queueConformance(harness: QueueHarness): void {
  describe(`Queue of ${harness.name}`, () => {
    let queue: Queue
    let end: () => Promise<void>
    const messages = (count: number) => Array.from({ length: count }, (_, number) => message(number))

    beforeEach(async () => {
      ;({ queue, end } = await harness.open())
    })
    afterEach(() => end())

    test('G1 messages are delivered as they were sent, also those sent before a consumer came', async () => {
      const all = collector({ acknowledge: true })
      await queue.send([message(0), message(1)])
      queue.consume({ concurrency: 10, handler: all.handler })
      await queue.send([message(2)])

      await all.until(3)

      expect(all.deliveries.map((delivery) => delivery.message)).toEqual(expect.arrayContaining(messages(3)))
    })

    test('G1 equal messages are two messages', async () => {
      const all = collector({ acknowledge: true })
      const one = message(1)
      queue.consume({ concurrency: 1, handler: all.handler })

      await queue.send([one, one])

      await all.until(2)
    })

    test('G1 ten thousand messages arrive, each at least once', async () => {
      const all = collector({ acknowledge: true })
      queue.consume({ concurrency: 100, handler: all.handler })

      await queue.send(messages(10_000))

      await all.until(10_000)
      expect(new Set(all.tokens()).size).toBe(10_000)
    })

    test('G1 a message that a stopped consumer did not acknowledge is delivered again', async () => {
      const first = collector({ acknowledge: false })
      const stop = queue.consume({ concurrency: 2, handler: first.handler })
      await queue.send([message(0), message(1)])
      await first.until(2)
      first.deliveries.find((delivery) => delivery.message.token === 't0')?.acknowledge()
      await stop()

      const second = collector({ acknowledge: true })
      queue.consume({ concurrency: 2, handler: second.handler })

      await second.until(1)
      expect(second.tokens()).toEqual(['t1'])
    })

    test('G1 messages wait for a consumer after the last one was stopped', async () => {
      const stop = queue.consume({ concurrency: 2, handler: collector({ acknowledge: true }).handler })
      await stop()
      await queue.send([message(0)])
      const later = collector({ acknowledge: true })

      queue.consume({ concurrency: 2, handler: later.handler })

      await later.until(1)
    })

    test('G2 a handler that sends is not called within its own send()', async () => {
      const order: string[] = []
      const finished = Promise.withResolvers<void>()
      queue.consume({
        concurrency: 5,
        handler: ({ token }, acknowledge) => {
          acknowledge()
          order.push(`${token} begins`)
          if (token === 't0') void queue.send([message(1)])
          order.push(`${token} ends`)
          if (token === 't1') finished.resolve()
        },
      })

      await queue.send([message(0)])
      await finished.promise

      expect(order).toEqual(['t0 begins', 't0 ends', 't1 begins', 't1 ends'])
    })

    test('G3 no more than `concurrency` deliveries are unacknowledged, and an acknowledgement makes room for one', async () => {
      const all = collector({ acknowledge: false })
      queue.consume({ concurrency: 3, handler: all.handler })
      await queue.send(messages(10))
      await all.until(3)

      for (let delivered = 3; delivered < 10; delivered++) {
        expect(all.deliveries).toHaveLength(delivered)
        all.deliveries[delivered - 3]?.acknowledge()
        await all.until(delivered + 1)
      }
    })

    test('G3 a second acknowledgement of one delivery makes no more room', async () => {
      const all = collector({ acknowledge: false })
      queue.consume({ concurrency: 1, handler: all.handler })
      await queue.send(messages(4))
      await all.until(1)

      all.deliveries[0]?.acknowledge()
      all.deliveries[0]?.acknowledge()
      await all.until(2)

      expect(all.deliveries).toHaveLength(2)
    })

    test('G3 consumers share the work, none beyond its own limit', async () => {
      const one = collector({ acknowledge: false })
      const two = collector({ acknowledge: false })
      queue.consume({ concurrency: 1, handler: one.handler })
      queue.consume({ concurrency: 2, handler: two.handler })

      await queue.send(messages(5))
      await Promise.all([one.until(1), two.until(2)])

      expect(one.deliveries).toHaveLength(1)
      expect(two.deliveries).toHaveLength(2)
      expect(new Set([...one.tokens(), ...two.tokens()]).size).toBe(3)
    })

    test('G4 a message of more than 100 KB is refused', async () => {
      const large = { ...message(1), token: 't'.repeat(100_001) }

      await expect((async () => queue.send([large]))()).rejects.toMatchObject({ code: 'queue_message_too_large' })
    })
  })
}
