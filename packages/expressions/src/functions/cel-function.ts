import { failed, type Site } from '../failure.ts'
import { describe } from '../kind.ts'
import type { Run } from '../run.ts'

/** Arguments are computed; a method's receiver is the first. */
export type Call = { readonly args: readonly unknown[]; readonly run: Run; readonly site: Site; readonly name: string }

export type CelFunction = {
  /** Least and greatest number of arguments, without a method's receiver. */
  readonly arity: readonly [least: number, greatest: number]
  readonly call: (call: Call) => unknown
}

export type FunctionTable = { readonly [name: string]: CelFunction }

export function textAt(call: Call, index: number): string {
  const value = call.args[index]
  if (typeof value === 'string') return value
  throw failed(call.site, () => `${call.name}() needs a text, not ${describe(value)}`)
}

export function numberAt(call: Call, index: number): number {
  const value = call.args[index]
  if (typeof value === 'number') return value
  throw failed(call.site, () => `${call.name}() needs a number, not ${describe(value)}`)
}

export function integerAt(call: Call, index: number): number {
  const value = numberAt(call, index)
  if (Number.isSafeInteger(value)) return value
  throw failed(call.site, () => `${call.name}() needs a whole number, not ${describe(value)}`)
}

export function listAt(call: Call, index: number): readonly unknown[] {
  const value = call.args[index]
  if (Array.isArray(value)) return value
  throw failed(call.site, () => `${call.name}() needs a list, not ${describe(value)}`)
}
