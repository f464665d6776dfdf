/**
 * Where tokens go: running a node, leaving it along transitions, failing.
 *
 * Owns: routing and the errors of nodes. Fan-outs: fan-out.ts, joins: join.ts, how a run ends: ending.ts.
 */
import type { ErrorBody } from '@wonder/errors'
import type { Decision, Work } from './decision.ts'
import { finishPart } from './ending.ts'
import { fanOut, startBranches } from './fan-out.ts'
import { arrive, failFrame, joinedFanOut, settle } from './join.ts'
import type { Json } from './json.ts'
import type { PlanNode, PlanTransition } from './plan.ts'
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
      if (root?.tokens.size === 0 && (root.fanouts?.size ?? 0) === 0 && ended === null) finishPart(decision, null)
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
      const taken = decision.frameOf(token).values?.get(node.open)?.output ?? null
      return complete(decision, token, { taken, output: lastOutput(decision, token) })
    }
    case 'join': {
      const value = decision.frameOf(token).values?.get(node.index)
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
  if (typeof onError === 'number') return move(decision, token, onError, undefined)
  failForGood(decision, token)
}

/** Nobody answers for the failure: the branch fails, or the run. */
function failForGood(decision: Decision, token: Token): void {
  const node = nodeOf(decision, token)
  const frame = decision.frameOf(token)
  const error = frame.values?.get(node.index)?.error ?? {
    code: 'internal',
    message: `Task "${node.ref}" failed`,
    retry: 'never' as const,
  }
  failFrame(decision, frame, withTask(error, node.ref))
}

/** The run's error says which task it comes from. */
function withTask(error: ErrorBody, ref: string): ErrorBody {
  return error.details?.task === undefined ? { ...error, details: { ...error.details, task: ref } } : error
}

/** The token goes on along the transitions of the first tier with a match; without one it has reached its end. */
export function leave(decision: Decision, token: Token): void {
  const node = nodeOf(decision, token)
  const context = decision.context(decision.frameOf(token), token)
  if (node.opens !== -1 && node.tiers.length === 0) return fanOut(decision, token, node.opens, [])
  let firing: readonly PlanTransition[] = []
  for (const tier of node.tiers) {
    const matches = decision.compute(() =>
      tier.filter(({ if: condition, limit, def }) => {
        if (limit !== Number.POSITIVE_INFINITY && (token.loops?.[def.ref] ?? 0) >= limit) return false
        return condition?.(context) ?? true
      }),
    )
    if (!matches.ok) {
      // The way out itself is broken, so `continue` has none to go.
      decision.emit({ type: 'node_failed', token: token.id, error: matches.error })
      return failForGood(decision, token)
    }
    if (matches.value.length === 0) continue
    firing = matches.value
    break
  }
  const [only] = firing
  if (only === undefined) return endToken(decision, token)
  if (firing.length === 1) return fire(decision, token, only)
  split(decision, token, firing)
}

/** The token itself goes along one transition. */
function fire(decision: Decision, token: Token, transition: PlanTransition): void {
  if (transition.fan !== -1) return fanOut(decision, token, transition.fan, [transition])
  const fanout = joinedFanOut(decision.frameOf(token), transition)
  if (fanout !== null) return arrive(decision, token, transition, fanout)
  move(decision, token, transition.to, noted(transition))
}

/** Several ways at once: a fan-out takes all of its transitions together, every other way gets a token of its own. */
function split(decision: Decision, token: Token, firing: readonly PlanTransition[]): void {
  const ways: (readonly PlanTransition[])[] = []
  for (const transition of firing) {
    if (transition.fan === -1) ways.push([transition])
    else if (!ways.some(([first]) => first?.fan === transition.fan)) {
      ways.push(firing.filter(({ fan }) => fan === transition.fan))
    }
  }
  // The token itself goes last, so that its frame holds something live all the while; joins wait until all are made.
  const isJoin = ([first]: readonly PlanTransition[]) =>
    first !== undefined && joinedFanOut(decision.frameOf(token), first) !== null
  const [own, ...others] = [...ways.filter(isJoin), ...ways.filter((way) => !isJoin(way))]
  const made = others.map((way) => {
    const [first] = way
    const plain = first !== undefined && first.fan === -1 && !isJoin(way)
    const transition = plain ? noted(first) : undefined
    const id = decision.emit({
      type: 'token_created',
      node: plain ? nodeRef(decision, first.to) : nodeOf(decision, token).ref,
      from: token.id,
      ...(transition === undefined ? {} : { transition }),
    })
    return { id, way, plain }
  })
  for (const { id, way, plain } of made) {
    const one = decision.state.tokens.get(id)
    if (one === undefined) continue
    if (plain) decision.enter(id)
    else goTogether(decision, one, way)
  }
  if (own !== undefined && decision.state.tokens.has(token.id)) goTogether(decision, token, own)
}

function goTogether(decision: Decision, token: Token, way: readonly PlanTransition[]): void {
  const [first] = way
  if (first === undefined) return
  if (first.fan === -1) return fire(decision, token, first)
  fanOut(decision, token, first.fan, way)
}

/** A transition is named in the journal where it leaves something behind. */
function noted({ def, limit }: PlanTransition): string | undefined {
  return def.label === undefined && limit === Number.POSITIVE_INFINITY ? undefined : def.ref
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
  decision.emit({ type: 'token_ended', token: token.id, reason: 'done' })
  settle(decision, frame)
}
