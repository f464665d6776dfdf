export type { Blobs } from './blobs.ts'
export type { Clock } from './clock.ts'
export type { EventTarget } from './event-target.ts'
export type { Ids } from './ids.ts'
export type { Json, JsonObject } from './json.ts'
export type {
  Amounts,
  BudgetWarning,
  Holder,
  KeyedStart,
  Limits,
  Notice,
  PermitAnswer,
  PermitRequest,
  PermitsOfKey,
  ProjectBudget,
  ReservationAnswer,
  ReservationRequest,
  WhenFull,
} from './limits.ts'
export type { LogFilter, LogLevel, LogLine, LogStore, StoredLogLine } from './log-store.ts'
export type { Net, NetRequest, NetResponse } from './net.ts'
export type { Host, Owners } from './owners.ts'
export type { ProjectFiles } from './project-files.ts'
export type { Queue, TaskMessage } from './queue.ts'
export type { Random } from './random.ts'
export type { CachedResult, CacheEntry, ResultCache, ResultToKeep } from './result-cache.ts'
export {
  type ArtifactRef,
  type Claim,
  type Grant,
  leaseLength,
  type Report,
  type ReportResult,
  type Results,
  type TaskUsage,
} from './results.ts'
export {
  isTerminal,
  openStatuses,
  type RunFilter,
  type RunIndex,
  type RunIndexEntry,
  type RunStatus,
  terminalStatuses,
} from './run-index.ts'
export type { EndedFilter, EndedRun, RunRetention } from './run-retention.ts'
export type {
  AppendRequest,
  AppendResult,
  Entity,
  EntityKind,
  JournalRecord,
  RunStore,
  Segment,
  SharedKind,
  Snapshot,
} from './run-store.ts'
export type { ProcessRequest, ProcessResult, Sandbox } from './sandbox.ts'
export type { Secrets } from './secrets.ts'
export type {
  BuiltDocument,
  ToolBundle,
  ToolCall,
  ToolDescription,
  ToolPermissions,
  ToolRuntime,
} from './tool-runtime.ts'
