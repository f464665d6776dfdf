import { type Artifact, type Command, mixSeed, type Outcome, type Token } from '@wonder/engine'
import type { Claim, Grant, Report, ReportResult, Results, TaskMessage } from '@wonder/platform'
import type { OpenRun } from './open-run.ts'

/** How results find the run that waits for them. */
export type ResultsParts = {
  /** Gives `use` the run, loaded if need be; again, where another process wrote to it first. */
  readonly withRun: <T>(run: string, use: (run: OpenRun) => Promise<T>) => Promise<T>
  readonly onAbort: Results['onAbort']
}

/** The results port over the runs of a coordinator. */
export function createResults({ withRun, onAbort }: ResultsParts): Results {
  return {
    onAbort,
    claim: (message, executor) => withRun(message.run, (run) => claimIn(run, message, executor)),
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

async function claimIn(run: OpenRun, message: TaskMessage, executor: string): Promise<Claim> {
  const { token: id, attempt, dispatch } = message
  const token = run.state.tokens.get(id)
  const awaited = token?.wait === 'task' && token.attempt === attempt && token.dispatch === dispatch
  const held = isHeld(run, message) ? run.claims.get(id)?.executor : undefined
  if (awaited && held !== undefined && held !== executor) return { status: 'held', by: held }
  if (awaited) run.claims.set(id, { attempt, dispatch, executor })
  const node = token === undefined ? undefined : run.plan.nodes[token.node]
  if (!awaited || node?.task?.interrupted !== 'rerun') {
    // A start that must be known is on disk before the task acts. And what the state says that makes a dispatch `gone`
    // may not be on disk yet: the answer comes after it is.
    const { status } = await run.submit({ kind: 'begin_task', token: id, attempt, dispatch })
    // A start that is known, of an executor that is not: a crash came between, and `recover` will say what that means.
    if (status !== 'applied' && !(status === 'duplicate' && held === executor)) {
      if (held === undefined) run.claims.delete(id)
      return { status: 'gone' }
    }
  }
  return token === undefined ? { status: 'gone' } : grant(run, token, node?.ref ?? '')
}

function grant(run: OpenRun, token: Token, node: string): Grant {
  const { state } = run
  return {
    status: 'granted',
    definition: state.definition,
    project: state.project,
    workflow: state.workflow,
    node,
    input: token.input,
    ...(token.save === null ? {} : { save: token.save }),
    steps: token.steps ?? {},
    startedAt: state.startedAt,
    seed: mixSeed(state.seed, `${token.id}/${token.attempt}`),
  }
}

function commandOf({ token, attempt, result }: Report): Command {
  switch (result.status) {
    case 'step':
      return { kind: 'complete_step', token, attempt, step: result.step, output: result.output }
    case 'completed': {
      const artifacts = result.artifacts.map(
        ({ name, digest, size, mediaType }): Artifact => ({ name, digest, size, media_type: mediaType }),
      )
      const { output } = result
      return { kind: 'complete_task', token, attempt, output, ...(artifacts.length === 0 ? {} : { artifacts }) }
    }
    case 'failed':
      return { kind: 'fail_task', token, attempt, error: result.error }
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
