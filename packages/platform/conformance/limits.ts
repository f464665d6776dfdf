import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Holder, Limits, Notice, PermitRequest } from '../src/index.ts'

/** What several hosts share, empty at first. */
export type LimitsFixture = {
  /** Opens it as the host of this name, which wakes it; a host may end without a word. */
  host(name: string): Promise<Limits>
  /** The host of this name is gone; what it had under way is lost, what was answered is not. */
  kill(name: string): Promise<void>
  advance(ms: number): Promise<void>
  end(): Promise<void>
}

export type LimitsHarness = { readonly name: string; readonly open: () => Promise<LimitsFixture> }

/** G1 to G8 of Limits. */
export function limitsConformance(harness: LimitsHarness): void {
  describe(`Limits of ${harness.name}`, () => {
    let fixture: LimitsFixture
    let limits: Limits

    beforeEach(async () => {
      fixture = await harness.open()
      limits = await fixture.host('A')
    })
    afterEach(() => fixture.end())

    test('G1 acquire() grants as many as the limit, and queues who comes after', async () => {
      const answers = await Promise.all([1, 2, 3, 4].map((n) => limits.acquire(ask(n, { limit: 2 }))))

      expect(answers).toEqual([
        { status: 'granted' },
        { status: 'granted' },
        { status: 'queued', ahead: 0 },
        { status: 'queued', ahead: 1 },
      ])
      const [key] = await limits.permits()
      expect(key).toMatchObject({ key: 'deploy', limit: 2 })
      expect(key?.holders.map(({ run }) => run)).toEqual(['R1', 'R2'])
      expect(key?.waiting.map(({ run }) => run)).toEqual(['R3', 'R4'])
    })

    test('G1 hosts share a key: both together never grant more than its limit', async () => {
      const other = await fixture.host('B')

      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? limits : other).acquire(ask(n, { limit: 7 }))),
      )

      expect(answers.filter(({ status }) => status === 'granted')).toHaveLength(7)
    })

    test('G1 keys do not share, however long or strange they are', async () => {
      const keys = ['a', 'a/b', 'é', 'x'.repeat(5_000), `${'x'.repeat(4_999)}y`, 'sha256:00', ' ']
      for (const key of keys) expect(await limits.acquire(ask(1, { key }))).toEqual({ status: 'granted' })
      for (const key of keys) expect(await limits.acquire(ask(2, { key }))).toMatchObject({ status: 'queued' })

      expect((await limits.permits()).map(({ key }) => key).sort()).toEqual(keys.toSorted())
    })

    test('G1 a lower limit ends nobody, and holds for the next', async () => {
      for (const n of [1, 2, 3]) await limits.acquire(ask(n, { limit: 3 }))

      expect(await limits.acquire(ask(4, { limit: 1 }))).toMatchObject({ status: 'queued' })
      await limits.release(held(1))
      await limits.release(held(2))

      expect(await statusOf(limits, 4, 1)).toBe('queued')
      await limits.release(held(3))
      expect(await statusOf(limits, 4, 1)).toBe('granted')
    })

    test('G1 a higher limit grants those who wait', async () => {
      const { heard, until } = listen(limits)
      for (const n of [1, 2, 3]) await limits.acquire(ask(n))

      await limits.acquire(ask(4, { limit: 3 }))

      await until(2)
      expect(heard.map(({ holder }) => holder.run)).toEqual(['R2', 'R3'])
      expect(await statusOf(limits, 4, 3)).toBe('queued')
    })

    test.each(['', 'x'.repeat(10_001)])('acquire() of a key that is none is refused', async (key) => {
      await expect(limits.acquire(ask(1, { key }))).rejects.toMatchObject({ code: 'invalid_value' })
    })

    test.each([0, -1, 1.5, Number.NaN])('acquire() with the limit %d is refused', async (limit) => {
      await expect(limits.acquire(ask(1, { limit }))).rejects.toMatchObject({ code: 'invalid_value' })
    })

    test('G2 whoever has waited longest is granted next', async () => {
      const { heard, until } = listen(limits)
      for (let n = 0; n < 10; n++) await limits.acquire(ask(n))

      for (let n = 0; n < 9; n++) await limits.release(held(n))

      await until(9)
      expect(heard.map(({ holder }) => holder.run)).toEqual(['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'R9'])
    })

    test('G2 who leaves the queue lets the others move up', async () => {
      for (const n of [1, 2, 3]) await limits.acquire(ask(n))

      await limits.release(held(2))

      expect(await limits.acquire(ask(3))).toEqual({ status: 'queued', ahead: 0 })
      await limits.release(held(1))
      expect(await statusOf(limits, 3)).toBe('granted')
    })

    test('G3 the same holder is answered what stands, and holds once', async () => {
      expect(await limits.acquire(ask(1, { limit: 2 }))).toEqual({ status: 'granted' })
      expect(await limits.acquire(ask(1, { limit: 2 }))).toEqual({ status: 'granted' })
      expect(await limits.acquire(ask(2, { limit: 2 }))).toEqual({ status: 'granted' })
      expect(await limits.acquire(ask(3, { limit: 2 }))).toMatchObject({ status: 'queued' })
      expect(await limits.acquire(ask(3, { limit: 2 }))).toEqual({ status: 'queued', ahead: 0 })

      await limits.release(held(1))
      await limits.release(held(1))

      expect(await limits.acquire(ask(4, { limit: 2 }))).toMatchObject({ status: 'queued' })
    })

    test('G3 release() of what nobody holds changes nothing', async () => {
      await limits.release(held(1))
      await limits.acquire(ask(1))
      await limits.release(held(2))

      expect(await limits.acquire(ask(3))).toMatchObject({ status: 'queued' })
    })

    test('G4 permits and queues are there after the host was killed', async () => {
      for (const n of [1, 2, 3]) await limits.acquire(ask(n))
      await fixture.kill('A')
      const other = await fixture.host('B')

      expect(await other.acquire(ask(4))).toEqual({ status: 'queued', ahead: 2 })
      await other.release(held(1))
      expect(await statusOf(other, 2)).toBe('granted')
    })

    test('G4 a key that was used ten thousand times is as it was', async () => {
      await limits.acquire(ask(1, { limit: 2 }))
      for (let round = 0; round < 100; round++) {
        const numbers = Array.from({ length: 100 }, (_, n) => 1_000 + round * 100 + n)
        await Promise.all(numbers.map((n) => limits.acquire(ask(n, { limit: 2 }))))
        await Promise.all(numbers.map((n) => limits.release(held(n))))
      }
      await fixture.kill('A')
      const other = await fixture.host('B')

      expect(await other.permits()).toMatchObject([{ holders: [{ run: 'R1' }], waiting: [] }])
    })

    test('G5 a listener that fails is called again', async () => {
      let calls = 0
      const second = Promise.withResolvers<void>()
      limits.onNotice(async () => {
        calls += 1
        if (calls === 1) throw new Error('not now')
        second.resolve()
        return 'told'
      })
      for (const n of [1, 2]) await limits.acquire(ask(n))
      await limits.release(held(1))

      await fixture.advance(60_000)
      await second.promise
      await fixture.advance(60_000)

      expect(calls).toBe(2)
    })

    test('G5 another host tells what the one that granted did not', async () => {
      for (const n of [1, 2]) await limits.acquire(ask(n))
      await limits.release(held(1))
      await fixture.kill('A')
      const { heard, until } = listen(await fixture.host('B'))

      await fixture.advance(60_000)

      await until(1)
      expect(heard).toEqual([{ what: 'granted', of: 'permit', key: 'deploy', holder: holder(2) }])
    })

    test('G5 what was granted to a run that is gone is released', async () => {
      const heard: string[] = []
      const third = Promise.withResolvers<void>()
      limits.onNotice(async ({ holder: { run } }) => {
        heard.push(run)
        if (run === 'R3') third.resolve()
        return run === 'R2' ? 'gone' : 'told'
      })
      for (const n of [1, 2, 3]) await limits.acquire(ask(n))

      await limits.release(held(1))

      await third.promise
      expect(heard).toEqual(['R2', 'R3'])
      expect((await limits.permits())[0]?.holders.map(({ run }) => run)).toEqual(['R3'])
    })

    test('G6 reject answers who holds, and writes nothing', async () => {
      await limits.acquire(ask(1))

      expect(await limits.acquire(ask(2, { whenFull: 'reject' }))).toEqual({ status: 'full', by: [holder(1)] })

      await limits.release(held(1))
      expect(await limits.permits()).toEqual([])
      expect(await limits.acquire(ask(2, { whenFull: 'reject' }))).toEqual({ status: 'granted' })
    })

    test('G6 reject sees what another host has released', async () => {
      const other = await fixture.host('B')
      await limits.acquire(ask(1))
      await limits.acquire(ask(2, { whenFull: 'reject' }))

      await other.release(held(1))

      expect(await limits.acquire(ask(2, { whenFull: 'reject' }))).toEqual({ status: 'granted' })
    })

    test('G6 cancel_older supersedes the oldest, which holds on until it is released', async () => {
      const { heard, until } = listen(limits)
      for (const n of [1, 2]) await limits.acquire(ask(n, { limit: 2 }))

      expect(await limits.acquire(ask(3, { limit: 2, whenFull: 'cancel_older' }))).toMatchObject({ status: 'queued' })

      await until(1)
      expect(heard).toEqual([{ what: 'superseded', of: 'permit', key: 'deploy', holder: holder(1) }])
      await limits.release(held(1))
      await until(2)
      expect(heard[1]).toEqual({ what: 'granted', of: 'permit', key: 'deploy', holder: holder(3) })
    })

    test('G6 of those that wait only the youngest is left', async () => {
      const { heard, until } = listen(limits)
      for (const n of [1, 2, 3, 4]) await limits.acquire(ask(n, { whenFull: 'cancel_older' }))

      await until(3)
      expect(heard.map(({ holder: { run } }) => run)).toEqual(['R1', 'R2', 'R3'])
      await limits.release(held(1))

      await until(4)
      expect(heard[3]).toMatchObject({ what: 'granted', holder: holder(4) })
    })

    test('G7 reserve() grants within the limits, and settle() counts what was used', async () => {
      expect(await limits.reserve(book(1, { tokens: 60 }))).toEqual({ status: 'granted' })
      expect(await limits.reserve(book(2, { tokens: 60 }))).toEqual({
        status: 'exceeded',
        budget: 'tokens',
        limit: 100,
        used: 0,
        reserved: 60,
        needed: 60,
      })

      await limits.settle({ project: 'demo', holder: holder(1), used: { tokens: 40 } })
      await limits.settle({ project: 'demo', holder: holder(1), used: { tokens: 40 } })

      expect(await limits.reserve(book(2, { tokens: 60 }))).toEqual({ status: 'granted' })
      expect(await limits.budget('demo')).toMatchObject({ used: { tokens: 40 }, reserved: { tokens: 60 } })
    })

    test('G7 who waits is told when there is room, and one that does not fit is passed by', async () => {
      const { heard, until } = listen(limits)
      await limits.reserve(book(1, { tokens: 90 }))
      await limits.reserve(book(2, { tokens: 200 }, true))
      await limits.reserve(book(3, { tokens: 50 }, true))

      await limits.settle({ project: 'demo', holder: holder(1), used: { tokens: 50 } })
      await until(1)
      await limits.raise({ project: 'demo', limits: { tokens: 300 } })
      await until(2)

      expect(heard.map(({ of, holder: { run } }) => `${of} ${run}`)).toEqual(['reservation R3', 'reservation R2'])
      expect(await limits.reserve(book(2, { tokens: 200 }))).toEqual({ status: 'granted' })
    })

    test('G7 what was raised holds until the settings change', async () => {
      await limits.reserve(book(1, { tokens: 1 }))
      await limits.raise({ project: 'demo', limits: { tokens: 1_000 } })

      expect(await limits.reserve(book(2, { tokens: 500 }))).toEqual({ status: 'granted' })
      expect(await limits.reserve({ ...book(3, { tokens: 1 }), limits: { tokens: 200 } })).toMatchObject({
        status: 'exceeded',
        limit: 200,
      })
    })

    test('G7 sums of cents come to what people expect', async () => {
      const limited = { cost_usd: 0.3 }
      for (const n of [1, 2, 3]) {
        expect(await limits.reserve({ ...book(n, { cost_usd: 0.1 }), limits: limited })).toEqual({ status: 'granted' })
      }
      expect(await limits.reserve({ ...book(4, { cost_usd: 0.01 }), limits: limited })).toMatchObject({
        status: 'exceeded',
      })
    })

    test('G8 one key starts one run, whoever asks', async () => {
      const other = await fixture.host('B')

      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          (n % 2 === 0 ? limits : other).startKey({ key: 'order-7', digest: 'd', run: `R${n}` }),
        ),
      )

      const runs = new Set(answers.map(({ run }) => run))
      expect(runs.size).toBe(1)
      expect(answers.filter((answer) => answer.status === 'same' && answer.first)).toHaveLength(1)
    })

    test('G8 a key with something else is a conflict, and names its run', async () => {
      await limits.startKey({ key: 'order-7', digest: 'd', run: 'R1' })
      await fixture.kill('A')
      const other = await fixture.host('B')

      expect(await other.startKey({ key: 'order-7', digest: 'e', run: 'R2' })).toEqual({
        status: 'conflict',
        run: 'R1',
      })
      expect(await other.startKey({ key: 'order-7', digest: 'd', run: 'R2' })).toEqual({
        status: 'same',
        run: 'R1',
        first: false,
      })
    })

    test('reconcile() releases what runs hold and wait for that are over', async () => {
      for (const n of [1, 2, 3, 4]) await limits.acquire(ask(n))
      await limits.reserve(book(1, { tokens: 100 }))

      expect(await limits.reconcile(async (run) => run === 'R1' || run === 'R3')).toBe(3)

      expect(await limits.permits()).toMatchObject([{ holders: [{ run: 'R2' }], waiting: [{ run: 'R4' }] }])
      expect(await limits.budget('demo')).toMatchObject({ used: { tokens: 100 }, holders: [] })
    })
  })
}

function holder(n: number): Holder {
  return { run: `R${n}`, request: '1.1' }
}

function held(n: number) {
  return { key: 'deploy', holder: holder(n) }
}

function ask(n: number, more: Partial<PermitRequest> = {}): PermitRequest {
  return { key: 'deploy', holder: holder(n), limit: 1, whenFull: 'queue', ...more }
}

function book(n: number, amounts: { readonly [budget: string]: number }, wait = false) {
  return { project: 'demo', holder: holder(n), amounts, limits: { tokens: 100 }, wait }
}

async function statusOf(limits: Limits, n: number, limit = 1): Promise<string> {
  return (await limits.acquire(ask(n, { limit }))).status
}

/** Collects notices. */
function listen(limits: Limits) {
  const heard: Notice[] = []
  let waiting: { readonly count: number; readonly resolve: () => void } | null = null
  limits.onNotice(async (notice) => {
    heard.push(notice)
    if (waiting !== null && heard.length >= waiting.count) waiting.resolve()
    return 'told'
  })
  return {
    heard,
    until(count: number): Promise<void> {
      if (heard.length >= count) return Promise.resolve()
      return new Promise((resolve) => {
        waiting = { count, resolve }
      })
    },
  }
}
