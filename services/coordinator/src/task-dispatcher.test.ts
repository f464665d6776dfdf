import { SimulatedClock } from '@wonder/driver-memory'
import type { Queue, TaskMessage } from '@wonder/platform'
import { expect, test } from 'vitest'
import { settled } from '../test/world.ts'
import { TaskDispatcher } from './task-dispatcher.ts'

/** A queue that refuses the first `refusals` sends. */
class RefusingQueue implements Queue {
  readonly sent: (readonly TaskMessage[])[] = []
  #refusals: number

  constructor(refusals: number) {
    this.#refusals = refusals
  }

  async send(messages: readonly TaskMessage[]): Promise<void> {
    if (this.#refusals > 0) {
      this.#refusals -= 1
      throw new Error('the queue is away')
    }
    this.sent.push(messages)
  }

  consume(): () => Promise<void> {
    return async () => undefined
  }
}

const message = (token: string): TaskMessage => ({ run: 'r', token, attempt: 1, dispatch: 1 })

test('dispatches of one turn leave together', async () => {
  const queue = new RefusingQueue(0)
  const dispatcher = new TaskDispatcher(queue, new SimulatedClock())
  dispatcher.dispatch(message('a'))
  dispatcher.dispatch(message('b'))
  await settled()
  dispatcher.dispatch(message('c'))
  await settled()

  expect(queue.sent).toEqual([[message('a'), message('b')], [message('c')]])
})

test('what the queue did not take is offered again until it does', async () => {
  const queue = new RefusingQueue(2)
  const clock = new SimulatedClock()
  const dispatcher = new TaskDispatcher(queue, clock)
  dispatcher.dispatch(message('a'))

  for (let tries = 0; tries < 4; tries++) {
    await settled()
    clock.advance(1_000)
  }
  await settled()

  expect(queue.sent).toEqual([[message('a')]])
})

test('close() ends the offering', async () => {
  const queue = new RefusingQueue(1)
  const clock = new SimulatedClock()
  const dispatcher = new TaskDispatcher(queue, clock)
  dispatcher.dispatch(message('a'))
  await settled()

  dispatcher.close()
  clock.advance(10_000)
  await settled()

  expect(queue.sent).toEqual([])
})
