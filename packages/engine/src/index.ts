export type {
  ActionKind,
  Definition,
  FanDef,
  Merge,
  NodeDef,
  NodeWork,
  OutlineItem,
  RetryDef,
  StepDef,
  Strategy,
  TaskDef,
  ToolDef,
  TransitionDef,
} from './definition.ts'
export type { Artifact, Command, CommandBody, CommandNote, Effect, EventId, RunEvent, RunRecord } from './events.ts'
export type { Expr, Sink } from './expr.ts'
export type { Json, JsonObject } from './json.ts'
export {
  type FanProgress,
  type ItemStatus,
  type RunItem,
  RunView,
  type RunViewOptions,
  type RunViewStatus,
} from './run-view.ts'
