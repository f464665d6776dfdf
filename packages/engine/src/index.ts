export type { Checkpoint } from './checkpoint.ts'
export { closureDigest, definitionText } from './closure-digest.ts'
export { decodeRecord, encodeRecord, recordFormat } from './codec.ts'
export { celEvaluator, compileCondition, compileExpr, markersIn, withoutMarkers } from './compile-expr.ts'
export type { Debt } from './debts.ts'
export { type DecideResult, decide } from './decide.ts'
export { type LargeValue, largestInlineValue } from './decision.ts'
export type {
  ActionKind,
  AskWork,
  BudgetDef,
  CheckpointDef,
  CheckpointType,
  ConcurrencyDef,
  Definition,
  FanDef,
  JoinDef,
  Merge,
  NodeDef,
  NodeWork,
  OutlineItem,
  RetryDef,
  SignalWork,
  SleepWork,
  StepDef,
  Strategy,
  TaskDef,
  ToolDef,
  TransitionDef,
  WaitWork,
  WorkflowWork,
} from './definition.ts'
export { durationOf, momentOf, parseDuration } from './duration.ts'
export type {
  Artifact,
  Command,
  CommandBody,
  CommandNote,
  Effect,
  EventId,
  Reused,
  RunEvent,
  RunRecord,
  SignalToRun,
} from './events.ts'
export { evolveRecord } from './evolve.ts'
export type { Expr, Sink } from './expr.ts'
export { type BudgetName, budgetNames } from './fold-budget.ts'
export type { ChildUsage, Parent } from './fold-child.ts'
export { type ForkedState, type ForkOptions, forkedState, incompatible } from './fork.ts'
export type { Json, JsonObject } from './json.ts'
export { type BlobMarker, isBlobMarker, type PartsMarker } from './markers.ts'
export { measure } from './measure.ts'
export { nextTimer } from './next-timer.ts'
export type { Outcome } from './outcome.ts'
export type { PermitResult } from './permits.ts'
export { compilePlan, type Plan } from './plan.ts'
export { mixSeed } from './retry-delay.ts'
export { fits, rebase } from './revision.ts'
export type { ItemStatus, RunItem } from './run-item.ts'
export { createRunState, type RunState, type TaskValue, type Token } from './run-state.ts'
export { runActivity, runStatus, wallTime } from './run-status.ts'
export { RunView } from './run-view.ts'
export { attemptKey, type LargeValues } from './scope.ts'
export { decodeSnapshot, encodeSnapshot, type OpenSnapshot, openSnapshot } from './snapshot.ts'
export type { Usage, UsageTotal } from './usage.ts'
export { validateDefinition } from './validate-definition.ts'
export type { ToldCheckpoint } from './view-parts.ts'
export type { OpenQuestion, OpenWait } from './view-subjects.ts'
export { tasksReadEnv, workName } from './work-name.ts'
