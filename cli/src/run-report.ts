import { stripVTControlCharacters } from 'node:util'
import type { Json, RunView } from '@wonder/engine'
import type { LocalHost } from '@wonder/host-local'
import type { Output } from './output.ts'
import { formatDuration, formatSize } from './quantity.ts'
import { runAdvice } from './run-advice.ts'
import { type RunBelow, runsBelow, stuck } from './runs-below.ts'

export type RunReport = {
  readonly run: string
  readonly workflow: string
  readonly view: RunView
  /** Large values loaded. */
  readonly result: Json | undefined
  /** Runs below it that only a person can move. */
  readonly stuck: readonly RunBelow[]
}

/** Collects what is told of a run that rests. */
export async function runReport(host: LocalHost, run: string, view: RunView, workflow: string): Promise<RunReport> {
  const result = view.output === undefined ? undefined : await loadLarge(host, run, view.output)
  const below = view.status === 'waiting' ? stuck(await runsBelow(host, run)) : []
  return { run, workflow, view, result, stuck: below }
}

/** The end of `run`, `resume`, `watch` and `show`: outcome, outputs, artifacts, and the commands that go on. */
export function printReport(report: RunReport, output: Output): void {
  const { run, view, workflow, result } = report
  const { paint } = output
  const took =
    view.started === null
      ? ''
      : ` ${view.ended === null ? 'after' : 'in'} ${formatDuration((view.ended ?? Date.now()) - view.started)}`
  const head = headOf(view.status)
  output.line(`${paint(head.style, `${head.glyph} ${workflow} ${head.word}`)}${took}  ${paint('dim', run)}`)
  if (view.error !== null && view.status === 'failed') {
    const { code, details } = view.error
    const where = typeof details?.task === 'string' ? `${code} in task ${details.task}` : code
    output.line(`  ${paint('red', view.error.message.replaceAll('\n', '\n  '))}  ${paint('dim', where)}`)
  }
  if (isObject(result)) for (const [name, value] of Object.entries(result)) output.line(outputText(name, value))
  else if (result !== undefined && result !== null) output.line(outputText('output', result))
  if (view.artifacts.length > 0) {
    output.line()
    output.line(paint('bold', view.artifacts.length === 1 ? 'Artifact' : 'Artifacts'))
    const shown = view.artifacts.slice(0, 20)
    const width = Math.max(...shown.map(({ name }) => name.length))
    for (const { name, size } of shown) {
      const get = paint('dim', `wonder runs artifacts ${run} ${shellWord(name)}`)
      output.line(`  ${name.padEnd(width)}  ${formatSize(size).padStart(7)}  ${get}`)
    }
    if (shown.length < view.artifacts.length) {
      output.line(`  … and ${view.artifacts.length - shown.length} more: wonder runs artifacts ${run}`)
    }
  }
  for (const one of report.stuck)
    output.line(`  ${paint('yellow', `Run ${one.run} (${one.workflow}), which it waits for, is ${one.status}`)}`)
  const advice = adviceOf(report)
  if (advice.length > 0) output.line()
  for (const { text, command } of advice) output.line(`${text}:  ${paint('bold', command)}`)
}

/** The same for programs. */
export function reportObject(report: RunReport): { readonly [key: string]: unknown } {
  const { run, workflow, view, result } = report
  const next = adviceOf(report).map(({ command }) => command)
  return {
    run,
    workflow,
    status: view.status,
    started: view.started,
    ended: view.ended,
    duration_ms: view.started === null || view.ended === null ? null : view.ended - view.started,
    output: result ?? null,
    ...(view.error === null ? {} : { error: view.error }),
    artifacts: view.artifacts,
    ...(next.length === 0 ? {} : { next }),
  }
}

/** A run that waits for others is moved where they stand. */
function adviceOf({ view, run, stuck }: RunReport) {
  if (stuck.length === 0) return runAdvice(view, run)
  return stuck.slice(0, 5).map(({ run, workflow, status }) => ({
    text: `What run ${run} of "${workflow}" waits for`,
    command: `wonder runs ${status === 'paused' ? 'resume' : 'show'} ${run}`,
  }))
}

/** Values that the journal holds by reference, put back in their place. */
async function loadLarge(host: LocalHost, run: string, value: Json): Promise<Json> {
  if (Array.isArray(value)) return await Promise.all(value.map((item: Json) => loadLarge(host, run, item)))
  if (!isObject(value)) return value
  if (typeof value.$blob === 'string') {
    const content = await host.artifact(value.$blob, run)
    if (content === null) return value
    const pieces: Uint8Array[] = []
    for await (const piece of content) pieces.push(piece)
    return JSON.parse(Buffer.concat(pieces).toString('utf8')) as Json
  }
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, item]) => [key, await loadLarge(host, run, item)] as const),
  )
  return Object.fromEntries(entries)
}

const maxLines = 20

/** `name: value`; a text of several lines and a large value stand indented below their name. */
export function outputText(name: string, value: Json): string {
  if (typeof value === 'string' && !value.includes('\n')) return `  ${name}: ${printable(value)}`
  const flat = typeof value === 'string' ? undefined : JSON.stringify(value)
  if (flat !== undefined && flat.length <= 100) return `  ${name}: ${flat}`
  const lines = (typeof value === 'string' ? printable(value).trimEnd() : JSON.stringify(value, null, 2)).split('\n')
  const more = lines.length - maxLines
  const shown = more > 1 ? [...lines.slice(0, maxLines), `… ${more} more lines; --json has all`] : lines
  return [`  ${name}:`, ...shown.map((line) => `    ${line}`)].join('\n')
}

/** Without what could drive the terminal. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')
}

function headOf(status: string) {
  if (status === 'completed') return { glyph: '✓', style: 'green', word: 'completed' } as const
  if (status === 'failed') return { glyph: '✗', style: 'red', word: 'failed' } as const
  if (status === 'cancelled') return { glyph: '⊘', style: 'yellow', word: 'was cancelled' } as const
  if (status === 'paused') return { glyph: '‖', style: 'yellow', word: 'is paused' } as const
  if (status === 'blocked_decision') return { glyph: '!', style: 'yellow', word: 'needs a decision' } as const
  return { glyph: '●', style: 'cyan', word: `is ${status}` } as const
}

function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
