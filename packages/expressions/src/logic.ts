import { Failure, failed, type Site } from './failure.ts'
import { describe } from './kind.ts'
import type { Compute, Run } from './run.ts'

/** `left || right` (decider true) and `left && right` (decider false): an error on one side is absorbed when the other decides. */
export function compileLogic(decider: boolean, left: Compute, right: Compute, site: Site): Compute {
  return (run) => {
    let a: unknown
    try {
      a = left(run)
    } catch (thrown) {
      if (isAbsorbable(thrown) && right(run) === decider) return decider
      throw thrown
    }
    if (a === decider) return decider
    if (typeof a !== 'boolean') {
      if (right(run) === decider) return decider
      throw notBoolean(decider ? '`||`' : '`&&`', a, site)
    }
    const b = right(run)
    if (typeof b === 'boolean') return b
    throw notBoolean(decider ? '`||`' : '`&&`', b, site)
  }
}

export function compileNot(operand: Compute, site: Site): Compute {
  return (run) => !booleanOf(operand(run), '`!`', site)
}

export function compileChoice(condition: Compute, yes: Compute, no: Compute, site: Site): Compute {
  return (run: Run) => (booleanOf(condition(run), '`? :`', site) ? yes(run) : no(run))
}

export function booleanOf(value: unknown, operator: string, site: Site): boolean {
  if (typeof value === 'boolean') return value
  throw notBoolean(operator, value, site)
}

/** A used-up limit ends the evaluation; any other error may be of no consequence. */
export function isAbsorbable(thrown: unknown): boolean {
  return thrown instanceof Failure && thrown.code !== 'limit_exceeded'
}

function notBoolean(operator: string, value: unknown, site: Site): Failure {
  return failed(site, () => `${operator} needs true or false, not ${describe(value)}`)
}
