import type { RunEvent } from '@wonder/engine'
import type { Paint, Style } from './paint.ts'

const longest = 160

/** One event of the journal in one line: its type, then its fields. */
export function eventText(event: RunEvent, paint: Paint): string {
  const { type, ...fields } = event
  const parts = Object.entries(fields).map(([name, value]) => `${paint('dim', `${name}=`)}${valueText(value)}`)
  return [paint(styleOf(event), type.padEnd(20)), ...parts].join(' ').trimEnd()
}

function styleOf(event: RunEvent): Style {
  if (event.type.endsWith('failed')) return 'red'
  if (event.type.startsWith('run_')) return 'bold'
  return event.type === 'task_completed' ? 'green' : 'cyan'
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' && /^[\w.:@/-]+$/.test(value) ? value : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
