export { type Document, type Json, type Sites, sitesOf } from './document.ts'
export { type EachScope, each, loop, type Over, parallel, route, sequence } from './group-tasks.ts'
export {
  type Cel,
  type Condition,
  cel,
  type Marked,
  type Open,
  orValue,
  type Ref,
  ref,
  text,
  type Value,
} from './reference.ts'
export type {
  AnyTask,
  Budget,
  Checkpoint,
  CheckpointType,
  Concurrency,
  Duration,
  OnError,
  OutputOf,
  Retry,
  RunBudget,
  Strategy,
  Task,
  TaskError,
  TaskFields,
  WorkFields,
} from './task.ts'
export { ask, child, type SignalScope, signal, sleep, type Time, type TooLate, wait } from './waiting-tasks.ts'
export { collect, end, fail, http, type NamedTool, render, set, shell, task, tool, use } from './work-tasks.ts'
export {
  type Body,
  type Defaults,
  type Head,
  type Join,
  type ProjectWords,
  project,
  type Transition,
  type Trigger,
  type WorkflowDocument,
  type WorkflowScope,
  workflow,
} from './workflow.ts'
