export type { ScopeReader } from './access.ts'
export { checkTypes, type ScopeTypes, type TypeProblem } from './check-types.ts'
export {
  type BoundExpression,
  bindExpression,
  compileExpression,
  type EvaluateOptions,
  type Expression,
  evaluateCondition,
  references,
} from './expression.ts'
export type { Json } from './json.ts'
export { DEFAULT_LIMITS, type Limits } from './limits.ts'
export type { Path, Reference } from './references.ts'
