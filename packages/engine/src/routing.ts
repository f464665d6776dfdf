/**
 * Where tokens go: running a node, leaving it along transitions, failing, and how a run ends.
 *
 * Owns: routing, errors of nodes, the end. Fan-outs and joins: fan-out.ts.
 */
import type { ErrorBody } from '@wonder/errors'
import { abortWithin } from './abort.ts'
import type { Decision, Work } from './decision.ts'
import { arrive, fanOut, judge, startBranches } from './fan-out.ts'
import type { Json } from './json.ts'
import type { PlanFan, PlanNode, PlanTransition } from './plan.ts'
import { rootFrame, type Token } from './run-state.ts'
import { valueIn } from './scope.ts'

/** Does what a decision has left for later. */
export function perform(decision: Decision, work: Work): void {
  switch (work.kind) {
    case 'run': {
      const token = decision.state.tokens.get(work.token)
      if (token !== undefined) run(decision, token)
      return
    }
    case 'start':
      return startBranches(decision, work.fanout)
    case 'rest': {
      const root = decision.state.frames.get(rootFrame)
      const { ended } = decision.state
      if (root?.tokens.size === 0 && root.fanouts.size === 0 && ended === null) finishPart(decision, null)
    }
  }
}

function run(decision: Decision, token: Token): void {
  const node = nodeOf(decision, token)
  const context = decision.context(decision.frameOf(token), token)
  if (node.when !== null && token.wait === 'ready') {
    const condition = decision.compute(() => node.when?.(context) ?? true)
    if (!condition.ok) return failNode(decision, token, condition.error)
    if (!condition.value) {
      decision.emit({ type: 'node_skipped', token: token.id })
      return leave(decision, token)
    }
  }
  switch (node.def.does.kind) {
    case 'task':
      return dispatch(decision, token, node)
    case 'open':
      return leave(decision, token)
    case 'collect': {
      const value = decision.compute(() => node.value?.(context) ?? null)
      return value.ok ? complete(decision, token, value.value) : failNode(decision, token, value.error)
    }
    case 'set': {
      const values = decision.compute(() =>
        node.set.map(({ path, value }) => [path, decision.compact(value(context))] as const),
      )
      if (!values.ok) return failNode(decision, token, values.error)
      decision.emit({ type: 'state_set', token: token.id, values: values.value })
      return leave(decision, token)
    }
    case 'last':
      return complete(decision, token, lastOutput(decision, token))
    case 'route': {
      const taken = decision.frameOf(token).values.get(node.open)?.output ?? null
      return complete(decision, token, { taken, output: lastOutput(decision, token) })
    }
    case 'join': {
      const value = decision.frameOf(token).values.get(node.index)
      return value?.status === 'failed' ? afterFailure(decision, token) : leave(decision, token)
    }
    case 'end':
      return finishPart(decision, null)
    case 'fail': {
      const message = decision.compute(() => String(node.value?.(context) ?? ''))
      const code = decision.compute(() => String(node.name?.(context) ?? 'workflow_failed'))
      if (!message.ok) return failNode(decision, token, message.error)
      if (!code.ok) return failNode(decision, token, code.error)
      const error: ErrorBody = { code: code.value, message: message.value, retry: 'never' }
      decision.emit({ type: 'node_failed', token: token.id, error })
      return finishPart(decision, error)
    }
    case 'error': {
      const { code } = node.def.does
      const message = decision.compute(() => String(node.value?.(context) ?? ''))
      if (!message.ok) return failNode(decision, token, message.error)
      return failNode(decision, token, { code, message: message.value, retry: 'never' })
    }
  }
}

function nodeOf(decision: Decision, token: Token): PlanNode {
  return decision.plan.nodes[token.node] as PlanNode
}

function lastOutput(decision: Decision, token: Token): Json {
  return token.last === -1 ? null : (valueIn(decision.frameOf(token), token.last)?.output ?? null)
}

/** A paused run keeps the token here, ready. */
function dispatch(decision: Decision, token: Token, node: PlanNode): void {
  if (decision.state.paused) return
  const attempt = token.attempt + 1
  const context = decision.context(decision.frameOf(token), { ...token, attempt })
  const input = decision.compute(() => decision.compact(node.value?.(context) ?? null))
  if (!input.ok) return failNode(decision, token, input.error)
  const save = decision.compute(() => (node.name === null ? null : String(node.name(context))))
  if (!save.ok) return failNode(decision, token, save.error)
  decision.emit({
    type: 'task_dispatched',
    token: token.id,
    attempt,
    dispatch: 1,
    input: input.value,
    ...(save.value === null ? {} : { save: save.value }),
  })
  decision.effects.push({ type: 'dispatch', token: token.id, attempt, dispatch: 1 })
}

function complete(decision: Decision, token: Token, output: Json): void {
  decision.emit({ type: 'node_completed', token: token.id, output: decision.compact(output) })
  leave(decision, token)
}

function failNode(decision: Decision, token: Token, error: ErrorBody): void {
  decision.emit({ type: 'node_failed', token: token.id, error })
  afterFailure(decision, token)
}

/** The node has failed for good: what its `onError` says. */
export function afterFailure(decision: Decision, token: Token): void {
  const { onError } = nodeOf(decision, token)
  if (onError === 'continue') return leave(decision, token)
  if (onError !== 'fail') return move(decision, token, onError, undefined)
  failForGood(decision, token)
}

/** Nobody answers for the failure: the branch fails, or the run. */
function failForGood(decision: Decision, token: Token): void {
  const node = nodeOf(decision, token)
  const error = decision.frameOf(token).values.get(node.index)?.error ?? {
    code: 'internal',
    message: `Task "${node.ref}" failed`,
    retry: 'never' as const,
  }
  const frame = decision.frameOf(token)
  if (frame.fanout === null) return finishPart(decision, withTask(error, node.ref))
  abortWithin(decision, frame.tokens.values(), frame.fanouts.values())
  const { fanout, index } = frame
  decision.emit({ type: 'branch_failed', fanout: fanout.id, index, error: withTask(error, node.ref) })
  judge(decision, fanout)
}

/** The run's error says which task it comes from. */
function withTask(error: ErrorBody, ref: string): ErrorBody {
  return error.details?.task === undefined ? { ...error, details: { ...error.details, task: ref } } : error
}

/** The token goes on along the transitions of the first tier with a match; without one it has reached its end. */
export function leave(decision: Decision, token: Token): void {
  const node = nodeOf(decision, token)
  const context = decision.context(decision.frameOf(token), token)
  if (node.opens !== -1) return fanOut(decision, token, node.opens)
  let firing: readonly PlanTransition[] = []
  for (const tier of node.tiers) {
    const matches = decision.compute(() => tier.filter((transition) => transition.if?.(context) ?? true))
    if (!matches.ok) {
      // The way out itself is broken, so `continue` has none to go.
      decision.emit({ type: 'node_failed', token: token.id, error: matches.error })
      return failForGood(decision, token)
    }
    if (matches.value.length === 0) continue
    firing = matches.value
    break
  }
  const [first] = firing
  if (first === undefined) return endToken(decision, token)
  // The token itself goes to the join, or along the first way; every further way gets a token of its own.
  const own = firing.find((transition) => transition.join !== null) ?? first
  for (const further of firing) {
    if (further === own) continue
    decision.enter(decision.emit({ type: 'token_created', node: nodeRef(decision, further.to), from: token.id }))
  }
  if (own.join === null) return move(decision, token, own.to, own.def.label === undefined ? undefined : own.def.ref)
  arrive(decision, token, own)
}

function move(decision: Decision, token: Token, node: number, transition: string | undefined): void {
  decision.emit({
    type: 'token_moved',
    token: token.id,
    node: nodeRef(decision, node),
    ...(transition === undefined ? {} : { transition }),
  })
  decision.enter(token.id)
}

function nodeRef(decision: Decision, node: number): string {
  return (decision.plan.nodes[node] as PlanNode).ref
}

function endToken(decision: Decision, token: Token): void {
  const frame = decision.frameOf(token)
  const { fanout, index } = frame
  decision.emit({ type: 'token_ended', token: token.id, reason: 'done' })
  if (fanout === null) return decision.rest()
  if (frame.tokens.size > 0 || frame.fanouts.size > 0) return
  const { join } = (decision.plan.fans[fanout.fan] as PlanFan).def
  const error: ErrorBody = {
    code: 'branch_ended',
    message: `Branch ${index} of "${join.node}" ended before it reached the join`,
    retry: 'never',
  }
  decision.emit({ type: 'branch_failed', fanout: fanout.id, index, error })
  judge(decision, fanout)
}

/** A part of the run is over: the main part, the error list, or `finally`. What follows is the next part, or the end. */
function finishPart(decision: Decision, error: ErrorBody | null): void {
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
  readonly target: 'completed' | 'failed' | 'cancelled'
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
  decision.enter(decision.emit({ type: 'token_created', node: nodeRef(decision, node), part }))
}

export function endRun(
  decision: Decision,
  end: { readonly status: 'completed' | 'failed' | 'cancelled'; readonly output?: Json; readonly error?: ErrorBody },
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
