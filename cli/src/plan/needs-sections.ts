import type { BudgetDef } from '@wonder/engine'
import type { SecretName } from '@wonder/language'
import { formatDuration } from '../quantity.ts'
import type { Checkpoints, GroupLimits, Limit, RunLimits, TaskLimits, WorkflowLimits } from './workflow-limits.ts'
import type { WorkflowNeeds } from './workflow-needs.ts'
import { waitLines } from './workflow-waits.ts'

export type Section = { readonly title: string; readonly lines: readonly string[] }

/** What a workflow may reach and where it is limited, for people. `missing`: secrets without a value here. */
export function needsSections(
  needs: WorkflowNeeds,
  limits: WorkflowLimits,
  missing: readonly SecretName[],
): readonly Section[] {
  const absent = (secret: string) => (missing.some(({ name }) => name === secret) ? ', has no value here' : '')
  const every = 'every public host: settings.network.allow has no list'
  return [
    { title: 'Hosts that may be reached', lines: [...(needs.every_public_host ? [every] : []), ...needs.hosts] },
    {
      title: 'Permissions of tools',
      lines: needs.permissions.map(({ tool, kind, values }) => `${tool}: ${kind} ${values.join(', ')}`),
    },
    { title: 'Programs of this machine', lines: needs.programs.map(({ task, command }) => `${task}: ${command}`) },
    {
      title: 'Secrets',
      lines: needs.secrets.map(({ name, optional }) => (optional ? `${name} (may be missing)` : name) + absent(name)),
    },
    { title: 'Budget of the project', lines: budgetLines(limits.budget) },
    { title: 'Budget of a run', lines: budgetLines(limits.run.budget) },
    { title: 'Waits', lines: waitLines(limits.waits) },
    { title: 'Workflows that it starts', lines: limits.workflows.map((id) => startedText(id, limits.detached)) },
    { title: 'Checkpoints', lines: checkpointLines(limits.checkpoints) },
    { title: 'Limits', lines: [...runLines(limits.run), ...taskLines(limits.tasks), ...groupLines(limits.groups)] },
  ]
}

function startedText(id: string, detached: WorkflowLimits['detached']): string {
  const tasks = detached.filter(({ workflow }) => workflow === id).map(({ task }) => task)
  return tasks.length === 0 ? id : `${id} (${tasks.join(', ')}: not waited for)`
}

function checkpointLines({ on = [], every_steps: steps, tasks }: Checkpoints): readonly string[] {
  return [
    ...(on.length === 0 ? [] : [`by itself: ${on.join(', ')}`]),
    ...(steps === undefined ? [] : [`progress after each ${steps} steps of tasks`]),
    ...tasks.map(({ task, type, summary }) => `${task}: ${type}, "${summary}"`),
  ]
}

function runLines({ timeout, on_timeout: then, concurrency, nesting }: RunLimits): readonly string[] {
  const after = { block: 'it waits for a person', cancel: 'it is cancelled', fail: 'it fails' }[then ?? 'fail']
  return [
    ...(timeout === null ? [] : [`a run: ${formatDuration(timeout)} at most, then ${after}`]),
    ...(concurrency === null ? [] : [`runs: ${manyText(concurrency)}`]),
    ...(nesting === null ? [] : [`sub-workflows: ${nesting.depth} deep, ${nesting.children} of a run at most`]),
  ]
}

function manyText({ key, limit, when_full: full }: Limit): string {
  const then = { queue: 'more wait', reject: 'more fail', cancel_older: 'the oldest is cancelled for one more' }[full]
  return `${limit} of "${key}" at a time, ${then}`
}

/** Tasks with the same limits stand in one line. */
function taskLines(tasks: readonly TaskLimits[]): readonly string[] {
  const lines = Map.groupBy(tasks, limitText)
  return [...lines].map(([text, group]) => `${namesText(group.map(({ task }) => task))}: ${text}`)
}

function limitText(task: TaskLimits): string {
  const { timeout, max_attempts, backoff, initial_delay, max_delay, interrupted, budget, concurrency, cache } = task
  const waits = backoff === 'none' ? 'the same wait' : `${backoff} waits`
  const until = max_delay > initial_delay && backoff !== 'none' ? ` to ${formatDuration(max_delay)}` : ''
  const tries =
    max_attempts === 1
      ? 'one attempt'
      : `${max_attempts} attempts, ${waits} from ${formatDuration(initial_delay)}${until}`
  const crash = { rerun: 'runs again', ask: 'asks what to do', fail: 'fails' }[interrupted]
  const more = [
    ...(concurrency === undefined ? [] : [manyText(concurrency)]),
    ...(budget === undefined ? [] : [`it may use ${budgetLines(budget).join(', ')}`]),
    ...(cache === undefined ? [] : [keptText(cache)]),
  ]
  return [`${formatDuration(timeout)} at most, ${tries}; after a crash it ${crash}`, ...more].join('; ')
}

function keptText({ key, for: time }: NonNullable<TaskLimits['cache']>): string {
  const long = time === null ? '' : ` for ${formatDuration(time)}`
  return `its result is taken again${long} for the same ${key === null ? 'input' : `"${key}"`}`
}

function groupLines(groups: readonly GroupLimits[]): readonly string[] {
  return groups.map(({ group, workers, batch, joins }) => {
    const met = joins.map((join) => meetingText(join, joins.length > 1)).join(', ')
    const many = workers === null ? 'all at once' : `${workers} at a time`
    return `${group}: ${many}${batch === null ? '' : ` in waves of ${batch}`}${met === '' ? '' : `, ${met}`}`
  })
}

function meetingText({ node, require, strategy, timeout }: GroupLimits['joins'][number], named: boolean): string {
  const most = timeout === undefined ? '' : `, ${formatDuration(timeout)} after the first at most`
  return `${named ? `at ${node} ` : ''}${askedText(require)}${strategy}${most}`
}

function askedText(require: GroupLimits['joins'][number]['require']): string {
  if (require === 'all') return ''
  if (require === 'any') return 'any of them, '
  return require === 'ended' ? 'all to their end, ' : `${require.quorum} of them, `
}

function namesText(names: readonly string[]): string {
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
}

/** `wall_time` is milliseconds, `warn_at` a share. */
function budgetLines(budget: BudgetDef): readonly string[] {
  return Object.entries(budget).map(([name, value]) =>
    name === 'wall_time' ? `${name}: ${formatDuration(value)}` : `${name}: ${value}`,
  )
}
