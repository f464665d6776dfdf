import type { FunctionTable } from './cel-function.ts'
import { globalFunctions, size } from './conversion.ts'
import { listMethods } from './list.ts'
import { mathFunctions } from './math.ts'
import { optionalFunctions, optionalMethods } from './optional.ts'
import { textMethods } from './text.ts'

export type { CelFunction, FunctionTable } from './cel-function.ts'

export const functions: FunctionTable = globalFunctions

export const methods: FunctionTable = {
  ...textMethods,
  ...listMethods,
  ...optionalMethods,
  size: { arity: [0, 0], call: size },
}

/** Functions under a name: `math.max(…)`. A name of the scope does not hide them. */
export const namespaces: { readonly [name: string]: FunctionTable } = {
  math: mathFunctions,
  optional: optionalFunctions,
}
