export { compileExpression, type EvaluateOptions, type Expression, evaluateCondition } from './expression.ts'
export type { Json } from './json.ts'
export { DEFAULT_LIMITS, type Limits } from './limits.ts'
export type { Path, Reference } from './references.ts'
