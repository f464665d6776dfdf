import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BudgetCommand, type BudgetEvent, budgetKernel } from './budget-kernel.ts'

const holder = fc.integer({ min: 1, max: 10 }).map((n) => `R${n}`)
const amount = fc.integer({ min: 0, max: 60 })
const amounts = fc.record({ tokens: amount, tool_calls: amount }, { requiredKeys: [] })
const limits = fc.constantFrom({ tokens: 100, tool_calls: 90 }, { tokens: 100, tool_calls: 90 }, { tokens: 140 })
const command: fc.Arbitrary<BudgetCommand> = fc.oneof(
  fc.record({
    kind: fc.constant('reserve' as const),
    project: fc.constant('demo'),
    holder,
    amounts,
    limits,
    wait: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('settle' as const), holder, used: amounts }),
  fc.record({
    kind: fc.constant('raise' as const),
    project: fc.constant('demo'),
    limits: fc.record({ tokens: fc.integer({ min: 50, max: 2_000 }) }),
  }),
)

test('a budget grants nothing beyond a limit, counts each use once, and lets nobody wait who fits', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 150 }), (commands) => {
      const state = budgetKernel.create()
      const events: BudgetEvent[] = []
      const used = { tokens: 0, tool_calls: 0 }
      const sumOf = (name: 'tokens' | 'tool_calls') =>
        [...state.holders.values()].reduce((sum, one) => sum + (one[name] ?? 0), 0)
      for (const one of commands) {
        const held = new Set(state.holders.keys())
        if (one.kind === 'settle' && held.has(one.holder)) {
          used.tokens += one.used.tokens ?? 0
          used.tool_calls += one.used.tool_calls ?? 0
        }
        budgetKernel.decide(state, one, (event) => {
          events.push(event)
          budgetKernel.evolve(state, event, 1)
          // B1
          if (event.type !== 'reserved') return
          for (const name of ['tokens', 'tool_calls'] as const) {
            if (event.amounts[name] === undefined) continue
            expect(used[name] + sumOf(name)).toBeLessThanOrEqual(state.limits[name] ?? Number.POSITIVE_INFINITY)
          }
        })
        for (const name of ['tokens', 'tool_calls'] as const) {
          // B3
          expect(state.used[name] ?? 0).toBe(used[name])
          expect(state.reserved[name] ?? 0).toBe(sumOf(name))
        }
        // B2
        for (const [, wanted] of state.waiting) {
          const fits = (['tokens', 'tool_calls'] as const).every(
            (name) =>
              wanted[name] === undefined ||
              used[name] + sumOf(name) + (wanted[name] ?? 0) <= (state.limits[name] ?? Number.POSITIVE_INFINITY),
          )
          expect(fits).toBe(false)
        }
      }
      const folded = budgetKernel.create()
      for (const event of events) budgetKernel.evolve(folded, event, 1)
      expect(budgetKernel.encode(folded)).toEqual(budgetKernel.encode(state))
      const decoded = budgetKernel.decode(JSON.parse(JSON.stringify(budgetKernel.encode(state))))
      expect(budgetKernel.encode(decoded)).toEqual(budgetKernel.encode(state))
    }),
    { numRuns: 500 },
  )
})
