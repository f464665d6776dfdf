import { failed, type Site } from './failure.ts'
import { describe } from './kind.ts'
import type { Compute, Run } from './run.ts'
import { timeArithmetic } from './time-arithmetic.ts'

export type Arithmetic = '+' | '-' | '*' | '/' | '%'

const OPERATIONS: { readonly [operator in Arithmetic]: (a: number, b: number) => number } = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

/**
 * Arithmetic of JSON numbers: a safe integer is an int, every other number a double, and a result is what its value
 * is. So `6 / 2` is the int 3 and `7 / 2` the double 3.5. What is no JSON number (1 / 0, an overflow) is an error.
 */
export function compileArithmetic(operator: Arithmetic, left: Compute, right: Compute, site: Site): Compute {
  const operation = OPERATIONS[operator]
  return (run) => {
    const a = left(run)
    const b = right(run)
    if (typeof a === 'number' && typeof b === 'number') return finite(operation(a, b), operator, a, b, site)
    const time = timeArithmetic(operator, a, b)
    if (time === 'range')
      throw failed(site, () => `${describe(a)} ${operator} ${describe(b)} is out of the range of time`)
    if (time !== undefined) return time
    if (operator === '+') return join(a, b, run, site)
    throw failed(site, () => `\`${operator}\` needs two numbers, not ${describe(a)} and ${describe(b)}`)
  }
}

/** `-operand`. */
export function compileNegation(operand: Compute, site: Site): Compute {
  return (run) => {
    const value = operand(run)
    if (typeof value !== 'number') throw failed(site, () => `\`-\` needs a number, not ${describe(value)}`)
    return 0 - value
  }
}

// The fifth argument is the place, which every check carries; an object per operation would cost more than the check.
function finite(result: number, operator: string, a: number, b: number, site: Site): number {
  // JSON has one zero: adding 0 turns -0 into it.
  if (Number.isFinite(result)) return result + 0
  const why = b === 0 ? 'a division by zero' : 'out of the range of numbers'
  throw failed(site, () => `${a} ${operator} ${b} is ${why}`)
}

function join(a: unknown, b: unknown, run: Run, site: Site): unknown {
  if (typeof a === 'string' && typeof b === 'string') {
    run.build(a.length + b.length, site)
    return a + b
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    run.build(a.length + b.length, site)
    return [...a, ...b]
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    run.build(a.length + b.length, site)
    return Uint8Array.of(...a, ...b)
  }
  const hint = typeof a === 'string' || typeof b === 'string' ? '. Write `string(x)` to make a text of a value' : ''
  throw failed(site, () => `\`+\` needs two numbers, texts or lists, not ${describe(a)} and ${describe(b)}${hint}`)
}
