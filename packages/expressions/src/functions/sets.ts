import { deepEqual } from '../compare.ts'
import { type Call, type FunctionTable, listAt } from './cel-function.ts'

/** Lists taken for sets: order and repetition do not count. */
export const setFunctions: FunctionTable = {
  contains: { arity: [2, 2], call: (call) => containsAll(call, listAt(call, 0), listAt(call, 1)) },
  equivalent: {
    arity: [2, 2],
    call: (call) =>
      containsAll(call, listAt(call, 0), listAt(call, 1)) && containsAll(call, listAt(call, 1), listAt(call, 0)),
  },
  intersects: { arity: [2, 2], call: (call) => listAt(call, 1).some((item) => holds(call, listAt(call, 0), item)) },
}

function containsAll(call: Call, list: readonly unknown[], items: readonly unknown[]): boolean {
  return items.every((item) => holds(call, list, item))
}

function holds(call: Call, list: readonly unknown[], item: unknown): boolean {
  call.run.spend(list.length, call.site)
  return list.some((other) => deepEqual(other, item, call.run, call.site))
}
