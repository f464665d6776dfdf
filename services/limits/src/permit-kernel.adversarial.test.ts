import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PermitCommand, type PermitEvent, type PermitState, permitKernel } from './permit-kernel.ts'

/** What a key should do, said as plainly as can be: lists, and no care for speed. */
class NaiveKey {
  limit = 0
  holders: string[] = []
  superseded: string[] = []
  line: string[] = []
  gone: string[] = []

  acquire(holder: string, limit: number, whenFull: string): string {
    this.limit = limit
    this.#moveUp()
    if (this.holders.includes(holder)) return 'granted'
    if (this.line.includes(holder)) return 'queued'
    if (this.gone.includes(holder)) return 'superseded'
    if (this.holders.length < this.limit) {
      this.holders.push(holder)
      return 'granted'
    }
    if (whenFull === 'reject') return 'full'
    if (whenFull === 'cancel_older') {
      for (;;) {
        const live = [...this.holders.filter((one) => !this.superseded.includes(one)), ...this.line]
        const [oldest] = live
        if (oldest === undefined || live.length < this.limit) break
        if (this.holders.includes(oldest)) this.superseded.push(oldest)
        else {
          this.line = this.line.filter((one) => one !== oldest)
          this.gone.push(oldest)
        }
      }
    }
    this.line.push(holder)
    return 'queued'
  }

  release(holder: string): void {
    this.holders = this.holders.filter((one) => one !== holder)
    this.superseded = this.superseded.filter((one) => one !== holder)
    this.line = this.line.filter((one) => one !== holder)
    this.gone = this.gone.filter((one) => one !== holder)
    this.#moveUp()
  }

  #moveUp(): void {
    while (this.holders.length < this.limit && this.line.length > 0) this.holders.push(...this.line.splice(0, 1))
  }
}

const holder = fc.integer({ min: 1, max: 12 }).map((n) => `R${n}`)
const command: fc.Arbitrary<PermitCommand> = fc.oneof(
  fc.record({
    kind: fc.constant('acquire' as const),
    key: fc.constant('k'),
    holder,
    limit: fc.oneof({ weight: 6, arbitrary: fc.constant(3) }, fc.integer({ min: 1, max: 5 })),
    whenFull: fc.constantFrom('queue' as const, 'queue' as const, 'reject' as const, 'cancel_older' as const),
  }),
  fc.record({ kind: fc.constant('release' as const), holder }),
)

function apply(state: PermitState, command: PermitCommand, events: PermitEvent[]) {
  return permitKernel.decide(state, command, (event) => {
    events.push(event)
    permitKernel.evolve(state, event, 1)
  })
}

test('a key comes to what plain lists say, whatever it is asked', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const state = permitKernel.create()
      const naive = new NaiveKey()
      const events: PermitEvent[] = []
      for (const one of commands) {
        const before = state.holders.size
        const answer = apply(state, one, events)
        if (one.kind === 'acquire') expect(answer.status).toBe(naive.acquire(one.holder, one.limit, one.whenFull))
        else naive.release(one.holder)
        expect([...state.holders.keys()]).toEqual(naive.holders)
        expect([...state.waiting].map(([name]) => name)).toEqual(naive.line)
        expect(
          [...state.holders]
            .filter(([, { superseded }]) => superseded)
            .map(([name]) => name)
            .sort(),
        ).toEqual(naive.superseded.toSorted())
        // L1, L3
        if (state.holders.size > before) expect(state.holders.size).toBeLessThanOrEqual(state.limit)
        if (state.waiting.size > 0) expect(state.holders.size).toBeGreaterThanOrEqual(state.limit)
      }
      const folded = permitKernel.create()
      for (const event of events) permitKernel.evolve(folded, event, 1)
      expect(permitKernel.encode(folded)).toEqual(permitKernel.encode(state))
      const decoded = permitKernel.decode(JSON.parse(JSON.stringify(permitKernel.encode(state))))
      expect(permitKernel.encode(decoded)).toEqual(permitKernel.encode(state))
    }),
    { numRuns: 500 },
  )
})

test('nobody is lost: once all release in turn, everybody who waited has held', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }), (limit, many) => {
      const state = permitKernel.create()
      const events: PermitEvent[] = []
      const names = Array.from({ length: many }, (_, n) => `R${n}`)
      for (const name of names) {
        apply(state, { kind: 'acquire', key: 'k', holder: name, limit, whenFull: 'queue' }, events)
      }
      for (let rounds = 0; state.holders.size > 0; rounds++) {
        expect(rounds).toBeLessThan(many + 1)
        const [first] = state.holders.keys()
        apply(state, { kind: 'release', holder: first ?? '' }, events)
      }

      // L2
      expect(events.flatMap((event) => (event.type === 'granted' ? [event.holder] : []))).toEqual(names)
    }),
  )
})

test('a hundred thousand who wait are granted without looking at each other', () => {
  const state = permitKernel.create()
  const events: PermitEvent[] = []
  for (let n = 0; n <= 100_000; n++) {
    apply(state, { kind: 'acquire', key: 'k', holder: `R${n}`, limit: 1, whenFull: 'queue' }, events)
  }
  for (let n = 0; n < 100_000; n++) apply(state, { kind: 'release', holder: `R${n}` }, events)

  expect([...state.holders.keys()]).toEqual(['R100000'])
  expect(state.waiting.size).toBe(0)
})

test('a key that is told too late that somebody was granted still tells that it was superseded', () => {
  const state = permitKernel.create()
  const events: PermitEvent[] = []
  const acquire = (name: string, whenFull: 'queue' | 'cancel_older') =>
    apply(state, { kind: 'acquire', key: 'k', holder: name, limit: 1, whenFull }, events)
  acquire('A', 'queue')
  acquire('B', 'queue')
  apply(state, { kind: 'release', holder: 'A' }, events)
  acquire('C', 'cancel_older')

  apply(state, { kind: 'told', holder: 'B', what: 'granted' }, events)

  expect([...permitKernel.debts(state)]).toEqual([{ key: 'k', holder: 'B', what: 'superseded' }])
})
