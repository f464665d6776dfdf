import type { Definition, JoinDef, Json, TaskDef } from '@wonder/engine'

/** Where a run is held back, stopped or asked about. Times are milliseconds. */
export type WorkflowLimits = {
  /** `settings.budget` of the project as it is written. */
  readonly budget: { readonly [name: string]: Json }
  readonly tasks: readonly TaskLimits[]
  readonly groups: readonly GroupLimits[]
}

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
}

export type GroupLimits = {
  readonly group: string
  /** Most branches at a time; null: all at once. */
  readonly workers: number | null
  readonly batch: number | null
  /** Where its branches meet. */
  readonly joins: readonly Required<Pick<JoinDef, 'node' | 'require' | 'strategy'>>[]
}

export function workflowLimits(definition: Definition, budget: WorkflowLimits['budget']): WorkflowLimits {
  const kinds = new Map(definition.outline.flatMap(flat).map(({ node, kind }) => [node, kind]))
  return {
    budget,
    tasks: definition.nodes.flatMap(({ ref, does }) => {
      const task =
        does.kind === 'task' && Object.hasOwn(definition.tasks, does.task) ? definition.tasks[does.task] : undefined
      if (task === undefined) return []
      const { max_attempts, backoff, initial_delay, max_delay } = task.retry
      const { timeout, interrupted } = task
      return [{ task: ref, timeout, max_attempts, backoff, initial_delay, max_delay, interrupted }]
    }),
    // A sequence or a route with `on_error` is a fan-out of one branch: nothing is limited by it.
    groups: definition.fans
      .filter(({ joins }) => joins.every(({ node }) => !['sequence', 'route'].includes(kinds.get(node) ?? '')))
      .map(({ ref, workers, each, joins }) => ({
        group: ref,
        workers: workers ?? null,
        batch: each?.batch ?? null,
        joins: joins.map(({ node, require = 'all', strategy }) => ({ node, require, strategy })),
      })),
  }
}

function flat(item: Definition['outline'][number]): readonly Definition['outline'][number][] {
  return [item, ...(item.children ?? []).flatMap(flat)]
}
