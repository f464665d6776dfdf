import { failed } from '../failure.ts'
import { describe } from '../kind.ts'
import { type Call, type FunctionTable, integerAt, numberAt } from './cel-function.ts'

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
  sqrt: { arity: [1, 1], call: squareRoot },
  isNaN: { arity: [1, 1], call: (call) => Number.isNaN(numberAt(call, 0)) },
  isInf: { arity: [1, 1], call: (call) => Math.abs(numberAt(call, 0)) === Number.POSITIVE_INFINITY },
  isFinite: { arity: [1, 1], call: (call) => Number.isFinite(numberAt(call, 0)) },
  bitAnd: { arity: [2, 2], call: (call) => bits(call, (a, b) => a & b) },
  bitOr: { arity: [2, 2], call: (call) => bits(call, (a, b) => a | b) },
  bitXor: { arity: [2, 2], call: (call) => bits(call, (a, b) => a ^ b) },
  bitNot: { arity: [1, 1], call: (call) => -integerAt(call, 0) - 1 },
  bitShiftLeft: { arity: [2, 2], call: (call) => bits(call, (a, b) => (b > 63n ? 0n : a << b)) },
  bitShiftRight: { arity: [2, 2], call: (call) => bits(call, (a, b) => (b > 63n ? 0n : BigInt.asUintN(64, a) >> b)) },
}

/** Halves go away from zero, as CEL says; Math.round sends -2.5 to -2. */
function roundAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value)) + 0
}

function squareRoot(call: Call): number {
  const value = numberAt(call, 0)
  if (value >= 0) return Math.sqrt(value)
  throw failed(call.site, () => `math.sqrt() of ${value} is no number`)
}

/** On the 64 bits of whole numbers; the result must be a whole number of JSON again. */
function bits(call: Call, operate: (a: bigint, b: bigint) => bigint): number {
  const a = integerAt(call, 0)
  const b = integerAt(call, 1)
  if (b < 0 && call.name.startsWith('bitShift'))
    throw failed(call.site, () => `${call.name}() by ${b}: it cannot be negative`)
  const result = Number(BigInt.asIntN(64, operate(BigInt(a), BigInt(b))))
  if (Number.isSafeInteger(result)) return result
  throw failed(call.site, () => `${call.name}(${a}, ${b}) is out of the range of whole numbers`)
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
