import type { Json, OpenQuestion, RunItem, RunView } from '@wonder/engine'
import { type CatalogueEntry, catalogue, type ErrorBody } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import type { Output } from './output.ts'
import { formatDuration, formatSize } from './quantity.ts'
import { questionLines } from './question-lines.ts'
import { runAdvice } from './run-advice.ts'
import { outputText, shellWord } from './run-text.ts'
import { type RunBelow, runsBelow, stuck } from './runs-below.ts'

export type RunReport = {
  readonly run: string
  readonly workflow: string
  readonly view: RunView
  /** Large values loaded. */
  readonly result: Json | undefined
  /** Runs below it that only a person can move. */
  readonly stuck: readonly RunBelow[]
  /** What people are asked, with large values loaded. */
  readonly questions: readonly OpenQuestion[]
}

/** Collects what is told of a run that rests. */
export async function runReport(host: LocalHost, run: string, view: RunView, workflow: string): Promise<RunReport> {
  const result = view.output === undefined ? undefined : await loadLarge(host, run, view.output)
  const below = view.status === 'waiting' ? stuck(await runsBelow(host, run)) : []
  const questions = await Promise.all(
    view.questions().map(async (question) => {
      const { shows } = question
      return shows === undefined ? question : { ...question, shows: await loadLarge(host, run, shows) }
    }),
  )
  return { run, workflow, view, result, questions, stuck: below }
}

/** The end of `run`, `resume`, `watch` and `show`: outcome, outputs, artifacts, and the commands that go on. */
export function printReport(report: RunReport, output: Output): void {
  const { run, view, workflow, result } = report
  const { paint } = output
  const took =
    view.started === null
      ? ''
      : ` ${view.ended === null ? 'after' : 'in'} ${formatDuration((view.ended ?? Date.now()) - view.started)}`
  const head = headOf(view)
  const { ran, reused } = view.completions
  const known = reused === 0 ? '' : `, ${reused} of ${ran + reused} tasks reused`
  output.line(`${paint(head.style, `${head.glyph} ${workflow} ${head.word}`)}${took}${known}  ${paint('dim', run)}`)
  if (view.error !== null && (view.status === 'failed' || view.status === 'timed_out')) {
    const { code, details } = view.error
    const where = typeof details?.task === 'string' ? `${code} in task ${details.task}` : code
    output.line(`  ${paint('red', view.error.message.replaceAll('\n', '\n  '))}  ${paint('dim', where)}`)
  }
  for (const { task, error } of notUndone(view)) {
    const what = `  what task ${task} did could not be undone: ${error.message.replaceAll('\n', '\n  ')}`
    output.line(`${paint('red', what)}  ${paint('dim', error.code)}`)
  }
  for (const item of view.blocked()) printBlocked(item, output)
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
  for (const question of report.questions.slice(0, mostQuestions)) {
    output.line()
    for (const line of questionLines(question, paint, Date.now())) output.line(line)
  }
  if (report.questions.length > mostQuestions) {
    output.line(`… and ${report.questions.length - mostQuestions} more questions; --json has all`)
  }
  for (const one of report.stuck)
    output.line(`  ${paint('yellow', `Run ${one.run} (${one.workflow}), which it waits for, is ${one.status}`)}`)
  const advice = adviceOf(report)
  if (advice.length > 0) output.line()
  for (const { text, command } of advice) output.line(`${text}:  ${paint('bold', command)}`)
}

const mostQuestions = 20

/** The same for programs. */
export function reportObject(report: RunReport): { readonly [key: string]: unknown } {
  const { run, workflow, view, result, questions } = report
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
    ...(view.blocked().length === 0 ? {} : { blocked: view.blocked().map(({ id, error }) => ({ task: id, error })) }),
    ...(view.held === null ? {} : { held: view.held }),
    artifacts: view.artifacts,
    tasks_completed: view.completions,
    ...(questions.length === 0 ? {} : { questions }),
    ...(view.waits().length === 0 ? {} : { waits: view.waits() }),
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

/** Compensations that failed. */
function notUndone({ error }: RunView): readonly { readonly task: string; readonly error: ErrorBody }[] {
  const failed = error?.details?.compensations_failed
  return Array.isArray(failed) ? failed : []
}

/** Which task is blocked, by what, and how that is mended. */
function printBlocked({ id, error }: RunItem, output: Output): void {
  if (error === null) return
  const { paint } = output
  const rows: { readonly [code: string]: CatalogueEntry } = catalogue
  output.line(`  ${paint('red', `${id}: ${error.message.replaceAll('\n', '\n  ')}`)}  ${paint('dim', error.code)}`)
  const row = Object.hasOwn(rows, error.code) ? rows[error.code] : undefined
  if (row !== undefined) output.line(`  ${row.fix}`)
}

function headOf(view: RunView) {
  const { status } = view
  if (status === 'completed') return { glyph: '✓', style: 'green', word: 'completed' } as const
  if (status === 'failed') return { glyph: '✗', style: 'red', word: 'failed' } as const
  if (status === 'timed_out') return { glyph: '✗', style: 'red', word: 'timed out' } as const
  if (status === 'cancelled') return { glyph: '⊘', style: 'yellow', word: 'was cancelled' } as const
  if (status === 'paused') return { glyph: '‖', style: 'yellow', word: 'is paused' } as const
  if (status === 'blocked_decision') return { glyph: '!', style: 'yellow', word: 'needs a decision' } as const
  if (status === 'blocked_error' && view.held === 'timeout') {
    return { glyph: '!', style: 'yellow', word: 'has used up its time' } as const
  }
  if (status === 'blocked_error') return { glyph: '!', style: 'yellow', word: 'is blocked' } as const
  if (status === 'stopping' && view.activity === 'blocked_error') {
    return { glyph: '!', style: 'yellow', word: 'is blocked while it stops' } as const
  }
  return { glyph: '●', style: 'cyan', word: `is ${status}` } as const
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
