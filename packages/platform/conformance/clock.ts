import { describe, expect, test } from 'vitest'
import type { Clock } from '../src/clock.ts'

export type ClockHarness = {
  readonly clock: Clock
  /** Lets that much time pass: a simulated clock is moved on, a real one waited for. */
  readonly pass: (milliseconds: number) => Promise<void>
}

/** The guarantees of Clock. */
export function clockConformance(driver: string, make: () => ClockHarness): void {
  describe(`Clock of ${driver}`, () => {
    test('G1 now() is an integer and never runs backwards', async () => {
      const { clock, pass } = make()
      const before = clock.now()
      await pass(3)
      const after = clock.now()

      expect(Number.isSafeInteger(before)).toBe(true)
      expect(after).toBeGreaterThan(before)
    })

    test('G2 at() calls once, not before its time', async () => {
      const { clock, pass } = make()
      const due = clock.now() + 10
      const calls: number[] = []
      clock.at(due, () => calls.push(clock.now()))
      await pass(40)

      expect(calls).toHaveLength(1)
      expect(calls[0]).toBeGreaterThanOrEqual(due)
    })

    test('G2 at() of a time that is past calls later, not within at()', async () => {
      const { clock, pass } = make()
      let calls = 0
      clock.at(clock.now() - 1_000, () => {
        calls += 1
      })
      const within = calls
      await pass(20)

      expect([within, calls]).toEqual([0, 1])
    })

    test('the function that at() returns cancels the call, also twice', async () => {
      const { clock, pass } = make()
      let calls = 0
      const cancel = clock.at(clock.now() + 5, () => {
        calls += 1
      })
      cancel()
      cancel()
      await pass(25)

      expect(calls).toBe(0)
    })

    test('at() of a time in years does not call now', async () => {
      const { clock, pass } = make()
      let calls = 0
      const cancel = clock.at(clock.now() + 10 * 365 * 86_400_000, () => {
        calls += 1
      })
      await pass(20)
      cancel()

      expect(calls).toBe(0)
    })
  })
}
