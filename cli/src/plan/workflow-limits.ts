import type { BudgetDef, ConcurrencyDef, Definition, JoinDef, TaskDef } from '@wonder/engine'
import { expressionText } from './expression-text.ts'
import { type TaskWait, workflowWaits } from './workflow-waits.ts'

/** Where a run is held back, stopped or asked about. Times are milliseconds. */
export type WorkflowLimits = {
  /** `settings.budget` of the project: for all of its runs together. */
  readonly budget: BudgetDef
  readonly run: RunLimits
  /** Where it waits for a time, a signal, a person, another workflow. */
  readonly waits: readonly TaskWait[]
  /** Sub-workflows that it may start. */
  readonly workflows: readonly string[]
  /** Tasks that start one of them and do not wait for it. */
  readonly detached: readonly { readonly task: string; readonly workflow: string }[]
  readonly checkpoints: Checkpoints
  readonly tasks: readonly TaskLimits[]
  readonly groups: readonly GroupLimits[]
}

/** What a run tells of itself on its way. */
export type Checkpoints = NonNullable<Definition['checkpoints']> & {
  readonly tasks: readonly { readonly task: string; readonly type: string; readonly summary: string }[]
}

/** What one run may take. */
export type RunLimits = {
  readonly budget: BudgetDef
  readonly timeout: number | null
  readonly on_timeout: 'block' | 'fail' | 'cancel' | null
  readonly concurrency: Limit | null
  /** How deep sub-workflows go, and how many one run may start. */
  readonly nesting: NonNullable<Definition['nesting']> | null
}

/** At most so many at a time that have the same key. */
export type Limit = Pick<ConcurrencyDef, 'limit' | 'when_full'> & { readonly key: string }

export type TaskLimits = {
  readonly task: string
  readonly timeout: number
  /** 1: it is not tried again. */
  readonly max_attempts: number
  readonly backoff: TaskDef['retry']['backoff']
  readonly initial_delay: number
  readonly max_delay: number
  /** What happens to it when a crash cut it off. */
  readonly interrupted: TaskDef['interrupted']
  /** What an attempt may use at most. */
  readonly budget?: BudgetDef
  readonly concurrency?: Limit
  /** Its result is taken again: for which key, and how long. Null: for the same input, without end. */
  readonly cache?: { readonly key: string | null; readonly for: number | null }
}

export type GroupLimits = {
  readonly group: string
  /** Most branches at a time; null: all at once. */
  readonly workers: number | null
  readonly batch: number | null
  /** Where its branches meet. */
  readonly joins: readonly (Required<Pick<JoinDef, 'node' | 'require' | 'strategy'>> & Pick<JoinDef, 'timeout'>)[]
}

export function workflowLimits(definition: Definition, budget: WorkflowLimits['budget']): WorkflowLimits {
  const kinds = new Map(definition.outline.flatMap(flat).map(({ node, kind }) => [node, kind]))
  return {
    budget,
    run: {
      budget: definition.budget ?? {},
      timeout: definition.timeout?.after ?? null,
      on_timeout: definition.timeout?.action ?? null,
      concurrency: definition.concurrency === undefined ? null : limitOf(definition.concurrency),
      nesting: definition.nesting ?? null,
    },
    waits: workflowWaits(definition),
    workflows: Object.keys(definition.workflows ?? {}),
    detached: definition.nodes.flatMap(({ ref: task, does }) =>
      does.kind === 'workflow' && does.detached === true ? [{ task, workflow: does.workflow }] : [],
    ),
    checkpoints: {
      ...definition.checkpoints,
      tasks: definition.nodes.flatMap(({ ref: task, checkpoint }) =>
        checkpoint === undefined ? [] : [{ task, type: checkpoint.type, summary: expressionText(checkpoint.summary) }],
      ),
    },
    tasks: definition.nodes.flatMap(({ ref, does, budget: reserved, concurrency, cache }) => {
      const task =
        does.kind === 'task' && Object.hasOwn(definition.tasks, does.task) ? definition.tasks[does.task] : undefined
      if (task === undefined) return []
      const { max_attempts, backoff, initial_delay, max_delay } = task.retry
      const { timeout, interrupted } = task
      const more = {
        ...(reserved === undefined ? {} : { budget: reserved }),
        ...(concurrency === undefined ? {} : { concurrency: limitOf(concurrency) }),
        ...(cache === undefined
          ? {}
          : { cache: { key: cache.key === undefined ? null : expressionText(cache.key), for: cache.for ?? null } }),
      }
      return [{ task: ref, timeout, max_attempts, backoff, initial_delay, max_delay, interrupted, ...more }]
    }),
    // A sequence or a route with `on_error` is a fan-out of one branch: nothing is limited by it.
    groups: definition.fans
      .filter(({ joins }) => joins.every(({ node }) => !['sequence', 'route'].includes(kinds.get(node) ?? '')))
      .map(({ ref, workers, each, joins }) => ({
        group: ref,
        workers: workers ?? null,
        batch: each?.batch ?? null,
        joins: joins.map(({ node, require = 'all', strategy, timeout }) => ({
          node,
          require,
          strategy,
          ...(timeout === undefined ? {} : { timeout }),
        })),
      })),
  }
}

function limitOf({ key, limit, when_full }: ConcurrencyDef): Limit {
  return { key: expressionText(key), limit, when_full }
}

function flat(item: Definition['outline'][number]): readonly Definition['outline'][number][] {
  return [item, ...(item.children ?? []).flatMap(flat)]
}
