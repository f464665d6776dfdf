import { failed } from '../failure.ts'
import { describe } from '../kind.ts'
import { type Call, type FunctionTable, numberAt } from './cel-function.ts'

/** `math.max(a, b)` and its kin; `math.greatest` and `math.least` are CEL's names for max and min. */
export const mathFunctions: FunctionTable = {
  max: { arity: [1, 32], call: (call) => extreme(call, (a, b) => a > b) },
  greatest: { arity: [1, 32], call: (call) => extreme(call, (a, b) => a > b) },
  min: { arity: [1, 32], call: (call) => extreme(call, (a, b) => a < b) },
  least: { arity: [1, 32], call: (call) => extreme(call, (a, b) => a < b) },
  sum: { arity: [1, 1], call: (call) => numbersOf(call).reduce((sum, number) => sum + number, 0) },
  abs: { arity: [1, 1], call: (call) => Math.abs(numberAt(call, 0)) },
  ceil: { arity: [1, 1], call: (call) => Math.ceil(numberAt(call, 0)) + 0 },
  floor: { arity: [1, 1], call: (call) => Math.floor(numberAt(call, 0)) },
  round: { arity: [1, 1], call: (call) => roundAway(numberAt(call, 0)) },
  trunc: { arity: [1, 1], call: (call) => Math.trunc(numberAt(call, 0)) + 0 },
  sign: { arity: [1, 1], call: (call) => Math.sign(numberAt(call, 0)) },
}

/** Halves go away from zero, as CEL says; Math.round sends -2.5 to -2. */
function roundAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value)) + 0
}

function extreme(call: Call, better: (a: number, b: number) => boolean): number {
  const numbers = numbersOf(call)
  if (numbers.length === 0) throw failed(call.site, () => `${call.name}() of an empty list`)
  return numbers.reduce((best, number) => (better(number, best) ? number : best))
}

/** The arguments, or the one list that was given. */
function numbersOf(call: Call): readonly number[] {
  const first = call.args[0]
  const values: readonly unknown[] = call.args.length === 1 && Array.isArray(first) ? first : call.args
  call.run.spend(values.length, call.site)
  return values.map((value) => {
    if (typeof value === 'number') return value
    throw failed(call.site, () => `${call.name}() needs numbers, not ${describe(value)}`)
  })
}
