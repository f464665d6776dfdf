import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import { nextTimer } from './index.ts'

it('of many sleepers the soonest is known, and each goes on at its time', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 }), (naps) => {
      const run = new SimulatedRun(
        definitionOf({
          nodes: [
            { ref: 'a', does: { kind: 'open' } },
            { ref: 'nap', does: { kind: 'sleep', for: { path: ['ms'] } } },
            { ref: 'j', does: { kind: 'join', fan: 'f' } },
          ],
          transitions: [
            { ref: 'in', from: 'a', to: 'nap', fan: 'f' },
            { ref: 'out', from: 'nap', to: 'j', join: { fan: 'f', take: 'last' } },
          ],
          fans: [
            {
              ref: 'f',
              node: 'a',
              each: { items: { list: { lit: naps } }, as: 'ms' },
              joins: [{ node: 'j', strategy: 'wait_all', merge: 'collect' }],
            },
          ],
        }),
        { checks: naps.length < 8 },
      )
      run.start()
      const begin = run.time
      for (const nap of [...new Set(naps)].sort((a, b) => a - b)) {
        expect(nextTimer(run.state)).toBe(begin + nap)
        run.time = begin + nap
        run.send({ kind: 'wake' })
      }
      expect(run.status).toBe('completed')
    }),
  )
})
