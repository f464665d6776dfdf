import type { CommandBody } from '@wonder/engine'
import { type ErrorBody, fromErrorBody, toErrorBody, WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import { isTerminal, type RunIndexEntry, type RunStatus } from '@wonder/platform'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { whoAsks, withHost } from '../open-host.ts'
import { openStatuses } from '../open-runs.ts'
import { plural } from '../quantity.ts'
import { readStatuses } from './runs-list.ts'

export type SteerOptions = {
  readonly workflow?: string
  readonly all?: true
  readonly status?: string
  readonly env?: string
}

type Kind = 'pause' | 'resume' | 'cancel'

/** What became of one of the runs; `before`: the status that it had. */
type Steered = {
  readonly run: string
  readonly workflow: string
  readonly before: RunStatus
  readonly status?: RunStatus
  readonly error?: ErrorBody
}

/** Runs that are steered where nobody says which. Paused ones are resumed, not what a person has to decide about. */
const eligible: { readonly [kind in Kind]: readonly RunStatus[] } = {
  pause: openStatuses.filter((status) => status !== 'paused' && status !== 'stopping'),
  resume: ['paused'],
  cancel: openStatuses,
}

/** Commands at a time. */
const mostAtOnce = 32

/**
 * `wonder runs pause|resume|cancel RUN… | --workflow W | --all`: its exit code, 0 when every run took the command. A run
 * that could not take it leaves the others as they are.
 */
export async function steerRuns(
  context: CommandContext,
  words: readonly string[],
  options: SteerOptions & { readonly kind: Kind },
): Promise<number> {
  const { kind, workflow, all, status, env } = options
  const [only] = words
  const many = workflow !== undefined || all === true
  if (many === words.length > 0 || (status !== undefined && !many)) {
    throw new WonderError('invalid_usage', `Cannot tell which runs to ${kind}: name runs, or say --workflow or --all`, {
      details: { hint: `For example: wonder runs ${kind} last, or wonder runs ${kind} --workflow nightly` },
    })
  }
  if (only !== undefined && words.length === 1 && kind !== 'resume') {
    await steerRun(context, only, kind)
    return 0
  }
  const statuses = status === undefined ? eligible[kind] : readStatuses(status)
  const { output } = context
  return await withHost(context, { role: kind === 'resume' ? 'run' : 'read', env }, async (host) => {
    const runs = many ? await chosen(host, workflow, statuses) : await named(host, words)
    const steered: Steered[] = []
    for (let at = 0; at < runs.length; at += mostAtOnce) {
      steered.push(...(await Promise.all(runs.slice(at, at + mostAtOnce).map((entry) => steerOne(host, entry, kind)))))
    }
    // What goes on here is driven until it rests.
    const rested = kind === 'resume' ? await Promise.all(steered.map((one) => untilRest(host, one))) : steered
    for (const { run, workflow, before, status, error } of rested) {
      const after = error === undefined ? (status ?? before) : output.paint('red', error.message)
      output.line(`${run}  ${workflow}  ${before} → ${after}`)
    }
    const failed = rested.filter(({ error }) => error !== undefined).length
    output.line(
      runs.length === 0
        ? `There is no run to ${kind}.`
        : `${runs.length - failed} of ${plural(runs.length, 'run')} took the command: ${kind}`,
    )
    output.object({ kind, runs: rested })
    return failed === 0 ? 0 : 1
  })
}

async function named(host: LocalHost, words: readonly string[]): Promise<readonly RunIndexEntry[]> {
  const found = new Map<string, RunIndexEntry>()
  for (const word of words) {
    const entry = await findRun(host.index, word)
    found.set(entry.id, entry)
  }
  return [...found.values()]
}

/** The oldest first, so that runs come before those that they ordered. */
async function chosen(
  host: LocalHost,
  workflow: string | undefined,
  status: readonly RunStatus[],
): Promise<readonly RunIndexEntry[]> {
  const found: RunIndexEntry[] = []
  for (let before: string | undefined; ; ) {
    const filter = { status, limit: 1_000, ...(workflow === undefined ? {} : { workflow }) }
    const page = await host.index.list(before === undefined ? filter : { ...filter, before })
    found.push(...page)
    before = page.at(-1)?.id
    if (before === undefined) return found.toReversed()
  }
}

async function steerOne(host: LocalHost, entry: RunIndexEntry, kind: Kind): Promise<Steered> {
  const { id: run, workflow, status: before } = entry
  try {
    if (kind === 'resume' && !isTerminal(before)) await host.takeOver(run)
    await send(host, run, { kind })
    const status = (await host.status(run))?.status
    return { run, workflow, before, ...(status === undefined ? {} : { status }) }
  } catch (thrown) {
    return { run, workflow, before, error: toErrorBody(thrown) }
  }
}

async function untilRest(host: LocalHost, steered: Steered): Promise<Steered> {
  const { run, error } = steered
  if (error !== undefined || (await host.takeOver(run)) !== 'taken') return steered
  await host.whenResting(run)
  const status = (await host.status(run))?.status
  return { ...steered, ...(status === undefined ? {} : { status }) }
}

const done = { pause: 'pauses after what is in flight', cancel: 'is being cancelled' } as const

async function steerRun(context: CommandContext, word: string, kind: 'pause' | 'cancel'): Promise<void> {
  const { output } = context
  await withHost(context, { role: 'read' }, async (host) => {
    const { id, workflow } = await findRun(host.index, word)
    await send(host, id, { kind })
    const status = (await host.status(id))?.status
    output.line(
      `${workflow} ${id} ${status === 'cancelled' ? 'was cancelled' : status === 'paused' ? 'is paused' : done[kind]}`,
    )
    if (kind === 'pause') output.note(`Go on with:  ${output.paintNote('bold', `wonder runs resume ${id}`)}`)
    output.object({ run: id, status })
  })
}

/** Sends a command to the run's owner; a refusal is thrown. */
export async function send(
  host: LocalHost,
  run: string,
  body: CommandBody & { readonly key?: string },
  by = whoAsks(),
): Promise<void> {
  const answer = await host.command(run, body, by)
  if (answer.status === 'accepted') return
  if (answer.error !== undefined) throw fromErrorBody(answer.error)
  throw new WonderError('invalid_transition', `Cannot ${body.kind} run "${run}" in its present status`)
}
