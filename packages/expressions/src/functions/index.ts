import { base64Functions } from './base64.ts'
import type { FunctionTable } from './cel-function.ts'
import { globalFunctions, size } from './conversion.ts'
import { listFunctions, listMethods } from './list.ts'
import { mathFunctions } from './math.ts'
import { optionalFunctions, optionalMethods } from './optional.ts'
import { setFunctions } from './sets.ts'
import { textFunctions, textMethods } from './text.ts'
import { timeFunctions, timeMethods } from './time.ts'

export type { CelFunction, FunctionTable } from './cel-function.ts'

export const functions: FunctionTable = { ...globalFunctions, ...timeFunctions }

export const methods: FunctionTable = {
  ...textMethods,
  ...listMethods,
  ...optionalMethods,
  ...timeMethods,
  size: { arity: [0, 0], call: size },
}

/** Functions under a name: `math.max(…)`. A name of the scope does not hide them. */
export const namespaces: { readonly [name: string]: FunctionTable } = {
  math: mathFunctions,
  sets: setFunctions,
  lists: listFunctions,
  strings: textFunctions,
  base64: base64Functions,
  optional: optionalFunctions,
}
