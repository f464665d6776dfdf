/**
 * How a run ends: its main part, the error list, and `finally`.
 */
import type { ErrorBody } from '@wonder/errors'
import { abortWithin } from './abort.ts'
import type { Decision } from './decision.ts'
import type { Json } from './json.ts'
import { rootFrame, type StopTarget } from './run-state.ts'

/** A part of the run is over: the main part, the error list, or `finally`. What follows is the next part, or the end. */
export function finishPart(decision: Decision, error: ErrorBody | null): void {
  const { plan, state } = decision
  const { stopping } = state
  if (state.part === 'finally') {
    const target = stopping?.target ?? 'completed'
    if (error !== null && target === 'completed') return endRun(decision, { status: 'failed', error })
    return endRun(decision, { status: target, ...outcomeOf(stopping) })
  }
  if (state.part === 'error') {
    if (plan.finally !== null) return startPart(decision, 'finally', plan.finally)
    return endRun(decision, { status: 'failed', ...outcomeOf(stopping) })
  }
  if (error !== null) return stopRun(decision, { target: 'failed', error })
  const root = state.frames.get(rootFrame)
  if (root === undefined) return
  const output = decision.compute(() => decision.compact(plan.outputs?.(decision.context(root, null)) ?? {}))
  if (!output.ok) return stopRun(decision, { target: 'failed', error: output.error })
  stopRun(decision, { target: 'completed', output: output.value })
}

type Stop = {
  readonly target: StopTarget
  readonly output?: Json
  readonly error?: ErrorBody
  readonly by?: string
}

/** Ends the main part: what is left is the error list (for a failure) and `finally`. */
export function stopRun(decision: Decision, stop: Stop): void {
  const { plan, state } = decision
  const onError = stop.target === 'failed' ? plan.onError : null
  if (onError === null && plan.finally === null) return endRun(decision, { status: stop.target, ...outcomeOf(stop) })
  abortWithin(decision, state.tokens.values())
  decision.emit({ type: 'run_stopping', ...stop })
  if (onError !== null) startPart(decision, 'error', onError)
  else if (plan.finally !== null) startPart(decision, 'finally', plan.finally)
}

export function startPart(decision: Decision, part: 'error' | 'finally', node: number): void {
  abortWithin(decision, decision.state.tokens.values())
  decision.enter(decision.emit({ type: 'token_created', node: decision.plan.nodes[node]?.ref ?? '', part }))
}

export function endRun(
  decision: Decision,
  end: { readonly status: StopTarget; readonly output?: Json; readonly error?: ErrorBody },
): void {
  abortWithin(decision, decision.state.tokens.values())
  decision.emit({ type: 'run_ended', ...end })
}

function outcomeOf(stop: { readonly output?: Json; readonly error?: ErrorBody } | null) {
  return {
    ...(stop?.output === undefined ? {} : { output: stop.output }),
    ...(stop?.error === undefined ? {} : { error: stop.error }),
  }
}
