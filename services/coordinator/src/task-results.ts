import { type Artifact, type Command, mixSeed, type Outcome, type Token } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Claim, Grant, Report, ReportResult, Results, TaskMessage } from '@wonder/platform'
import type { OpenRun } from './open-run.ts'

/** How results find the run that waits for them. */
export type ResultsParts = {
  readonly find: (run: string) => OpenRun | null
  readonly load: (run: string) => Promise<OpenRun>
  readonly onAbort: Results['onAbort']
}

const gone: Claim = { status: 'gone' }

/** The results port over the runs of a coordinator. */
export function createResults({ find, load, onAbort }: ResultsParts): Results {
  const open = (run: string): OpenRun | Promise<OpenRun> => find(run) ?? load(run)
  return {
    onAbort,

    async claim(message, executor) {
      const found = open(message.run)
      const run = found instanceof Promise ? await found : found
      const token = run.state.tokens.get(message.token)
      if (token === undefined || !isAwaited(token, message)) return gone
      const held = run.claims.get(message.token)
      if (held !== undefined && held.attempt === message.attempt && held.dispatch === message.dispatch) {
        if (held.executor !== executor) return { status: 'held', by: held.executor }
      }
      const { attempt, dispatch } = message
      run.claims.set(message.token, { attempt, dispatch, executor })
      const node = run.plan.nodes[token.node]
      if (node?.task !== null && node?.task !== undefined && node.task.interrupted !== 'rerun') {
        // Its start must be known after a crash, so it is on disk before it acts.
        const outcome = await run.submit({ kind: 'begin_task', token: token.id, attempt, dispatch })
        if (outcome.status !== 'applied' && outcome.status !== 'duplicate') return gone
      }
      return grant(run, token, node?.ref ?? '')
    },

    async report(report) {
      const command = commandOf(report)
      for (let tries = 1; ; tries++) {
        const found = open(report.run)
        const run = found instanceof Promise ? await found : found
        try {
          return resultOf(await run.submit(command))
        } catch (error) {
          const stale = error instanceof WonderError && error.code === 'stale_version'
          if (!stale || tries === 3) throw error
        }
      }
    },
  }
}

function isAwaited(token: Token, message: TaskMessage): boolean {
  return token.wait === 'task' && token.attempt === message.attempt && token.dispatch === message.dispatch
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
