import type { ToldCheckpoint } from '@wonder/engine'
import type { Paint } from './paint.ts'
import { formatAgo } from './quantity.ts'

/** A checkpoint in one line: its id, type, when, and what it says. */
export function checkpointLine({ id, type, time, summary }: ToldCheckpoint, now: number, paint: Paint): string {
  const [first = ''] = summary.split('\n', 1)
  return `${id.padEnd(6)}  ${paint(type === 'blocked' ? 'yellow' : 'cyan', type.padEnd(15))}  ${formatAgo(time, now).padEnd(8)}  ${first}`
}

/** All that a checkpoint says. */
export function checkpointLines(checkpoint: ToldCheckpoint, paint: Paint): readonly string[] {
  const { id, type, time, summary, status, budget_state: used, artifacts_delta: delta } = checkpoint
  const rows: [name: string, value: string][] = [
    ['status', status],
    [
      'used',
      Object.entries(used)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ],
  ]
  if (delta.added.length > 0) rows.push(['new', delta.added.join(', ')])
  if (delta.changed.length > 0) rows.push(['changed', delta.changed.join(', ')])
  const { required_action: action, reason_codes: reasons, task } = checkpoint
  if (action !== undefined) rows.push(['to do', `${action.kind}: ${action.instructions}`])
  if (reasons.length > 0) rows.push(['reasons', reasons.join(', ')])
  if (task !== undefined) rows.push(['task', task])
  return [
    `${paint('bold', type)}  ${id}  ${paint('dim', new Date(time).toISOString())}`,
    summary,
    ...rows.map(([name, value]) => `${paint('dim', name.padEnd(8))}  ${value}`),
  ]
}
