import { type Artifact, type Command, mixSeed, type Outcome, type Token } from '@wonder/engine'
import {
  type Claim,
  type Clock,
  type Grant,
  leaseLength,
  type Report,
  type ReportResult,
  type Results,
  type TaskMessage,
} from '@wonder/platform'
import type { OpenRun } from './open-run.ts'

/** How results find the run that waits for them. */
export type ResultsParts = {
  /** Gives `use` the run, loaded if need be; again, where another process wrote to it first. */
  readonly withRun: <T>(run: string, use: (run: OpenRun) => T | Promise<T>) => Promise<T>
  readonly onAbort: Results['onAbort']
  readonly clock: Clock
  /** A run that is in memory: one that is not has no claims. */
  readonly openRun: (run: string) => OpenRun | undefined
}

/** The results port over the runs of a coordinator. */
export function createResults({ withRun, onAbort, clock, openRun }: ResultsParts): Results {
  return {
    onAbort,
    claim: (message, executor) =>
      withRun(message.run, (run) => claimIn(run, message, { executor, until: clock.now() + leaseLength })),
    async heartbeat(messages, executor) {
      const until = clock.now() + leaseLength
      return messages.filter((message) => !renew(openRun(message.run), message, { executor, until }))
    },
    report(report) {
      const command = commandOf(report)
      return withRun(report.run, async (run) => resultOf(await run.submit(command)))
    },
  }
}

/** Somebody was granted this very dispatch. */
export function isHeld(run: OpenRun, { token, attempt, dispatch }: TaskMessage): boolean {
  const held = run.claims.get(token)
  return held !== undefined && held.attempt === attempt && held.dispatch === dispatch
}

type Lease = { readonly executor: string; readonly until: number }

/** Whether the executor still holds the dispatch. */
function renew(run: OpenRun | undefined, message: TaskMessage, { executor, until }: Lease): boolean {
  const held = run?.claims.get(message.token)
  if (run === undefined || held?.executor !== executor || !isHeld(run, message)) return false
  held.until = until
  return true
}

function claimIn(run: OpenRun, message: TaskMessage, lease: Lease): Claim | Promise<Claim> {
  const { executor, until } = lease
  const { token: id, attempt, dispatch } = message
  const token = run.state.tokens.get(id)
  if (token?.wait !== 'task' || token.attempt !== attempt || token.dispatch !== dispatch) return gone(run, message)
  const held = isHeld(run, message) ? run.claims.get(id) : undefined
  if (held !== undefined && held.executor !== executor) return { status: 'held', by: held.executor, until: held.until }
  run.claims.set(id, { attempt, dispatch, executor, until })
  if (run.plan.nodes[token.node]?.task?.interrupted === 'rerun') return grant(run, token)
  return begin(run, message, token, held !== undefined)
}

/** What the state says may not be on disk yet: the answer comes after it is. */
async function gone(run: OpenRun, { token, attempt, dispatch }: TaskMessage): Promise<Claim> {
  await run.submit({ kind: 'begin_task', token, attempt, dispatch })
  return { status: 'gone' }
}

/** A start that must be known is on disk before the task acts. */
async function begin(run: OpenRun, message: TaskMessage, token: Token, again: boolean): Promise<Claim> {
  const { attempt, dispatch } = message
  const { status } = await run.submit({ kind: 'begin_task', token: token.id, attempt, dispatch })
  if (status === 'applied' || (status === 'duplicate' && again)) return grant(run, token)
  // Known, and by nobody who is here: a crash came between, and `recover` will say what that means.
  if (!again) run.claims.delete(token.id)
  return { status: 'gone' }
}

function grant(run: OpenRun, token: Token): Grant {
  const { state, plan } = run
  return {
    status: 'granted',
    definition: state.definition,
    project: state.project,
    workflow: state.workflow,
    node: plan.nodes[token.node]?.ref ?? '',
    input: token.input,
    ...(token.save === null ? {} : { save: token.save }),
    steps: token.steps ?? {},
    startedAt: state.startedAt,
    seed: mixSeed(state.seed, `${token.id}/${token.attempt}`),
  }
}

function commandOf({ token, attempt, result }: Report): Command {
  const usage = result.usage === undefined ? {} : { usage: result.usage }
  switch (result.status) {
    case 'step':
      return { kind: 'complete_step', token, attempt, step: result.step, output: result.output, ...usage }
    case 'completed': {
      const artifacts = result.artifacts.map(
        ({ name, digest, size, mediaType }): Artifact => ({ name, digest, size, media_type: mediaType }),
      )
      const { output } = result
      const saved = artifacts.length === 0 ? {} : { artifacts }
      return { kind: 'complete_task', token, attempt, output, ...saved, ...usage }
    }
    case 'failed':
      return { kind: 'fail_task', token, attempt, error: result.error, ...usage }
  }
}

function resultOf(outcome: Outcome): ReportResult {
  switch (outcome.status) {
    case 'applied':
      return { status: 'accepted' }
    case 'duplicate':
      return { status: 'duplicate' }
    default:
      return { status: 'gone' }
  }
}
