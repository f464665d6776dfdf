/**
 * Where tokens go: completing a node and leaving it along transitions, failing.
 *
 * Owns: routing and the errors of nodes. Fan-outs: fan-out.ts, joins: join.ts, how a run ends: ending.ts.
 */
import type { ErrorBody } from '@wonder/errors'
import type { Decision } from './decision.ts'
import { fanOut } from './fan-out.ts'
import { arrive, failFrame, joinedFanOut, settle } from './join.ts'
import type { Json } from './json.ts'
import type { PlanNode, PlanTransition } from './plan.ts'
import type { Token } from './run-state.ts'

/** Where the token stands. */
export function nodeOf(decision: Decision, token: Token): PlanNode {
  return decision.plan.nodes[token.node] as PlanNode
}

/** The node has its value, and the token goes on. */
export function complete(decision: Decision, token: Token, output: Json): void {
  decision.emit({ type: 'node_completed', token: token.id, output: decision.compact(output) })
  goOn(decision, token)
}

/** The node has its value: the token leaves it, where the node has a checkpoint after that. */
export function goOn(decision: Decision, token: Token): void {
  if (nodeOf(decision, token).def.checkpoint === undefined || isAwaited(decision, token)) leave(decision, token)
  else decision.tell(token.id)
}

/** The node has failed. */
export function failNode(decision: Decision, token: Token, error: ErrorBody): void {
  decision.emit({ type: 'node_failed', token: token.id, error })
  afterFailure(decision, token)
}

/** The node has failed for good: what its `onError` says. */
export function afterFailure(decision: Decision, token: Token): void {
  const { onError } = nodeOf(decision, token)
  if (isAwaited(decision, token)) return endToken(decision, token)
  if (onError === 'block') return void decision.emit({ type: 'task_blocked', token: token.id })
  if (onError === 'continue') return leave(decision, token)
  if (typeof onError === 'number') return goTo(decision, token, onError)
  failForGood(decision, token)
}

/** The token goes on at a node that no transition names. */
export function goTo(decision: Decision, token: Token, node: number): void {
  move(decision, token, node, undefined)
}

/** Of a run that stops only this task is awaited: nothing follows but its compensation. */
export function isAwaited({ state }: Decision, token: Token): boolean {
  return state.stopping !== null && token.part === 'main'
}

/** Nobody answers for the failure: the branch fails, or the run. */
export function failForGood(decision: Decision, token: Token): void {
  const node = nodeOf(decision, token)
  const frame = token.frame
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
  if (isAwaited(decision, token)) return endToken(decision, token)
  const node = nodeOf(decision, token)
  const context = decision.context(token.frame, token)
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
  const fanout = joinedFanOut(token.frame, transition)
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
  // All tokens are there before one of them goes, so that their frame holds something live all the while. Then they go
  // in the order of their transitions, the token itself first: of several that reach one join at once the first counts.
  const made = ways.map((way, i) => {
    const [first] = way
    if (i === 0) return { id: token.id, way, stands: false }
    const plain = first !== undefined && isPlain(token, first)
    const transition = plain ? noted(first) : undefined
    const id = decision.emit({
      type: 'token_created',
      node: nodeRef(decision, plain ? first.to : token.node),
      from: token.id,
      ...(transition === undefined ? {} : { transition }),
    })
    return { id, way, stands: plain }
  })
  for (const { id, way, stands } of made) {
    const one = decision.state.tokens.get(id)
    if (one === undefined) continue
    if (stands) decision.enter(id)
    else goTogether(decision, one, way)
  }
}

/** The way leads to a node: neither into a fan-out nor to a join that waits for the token. */
function isPlain(token: Token, way: PlanTransition): boolean {
  return way.fan === -1 && joinedFanOut(token.frame, way) === null
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

/** The token goes to a node. */
export function move(decision: Decision, token: Token, node: number, transition: string | undefined): void {
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
  const frame = token.frame
  decision.emit({ type: 'token_ended', token: token.id, reason: 'done' })
  settle(decision, frame)
}
