/**
 * A run over another revision of its workflow.
 *
 * Owns: whether everything of a state has its place in another plan, and the state there. Nodes and fan-outs keep their
 * identity by ref.
 */
import { InvariantError } from '@wonder/errors'
import type { Json, JsonObject } from './json.ts'
import { isObject } from './markers.ts'
import type { Plan } from './plan.ts'
import { type Frame, framesOf, type RunState, type Token } from './run-state.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot.ts'

/** What is known to refer to the plan; the rest is found by trying. */
function missingPlaces(from: Plan, to: Plan, state: RunState): readonly string[] {
  const missing = new Set<string>()
  for (const token of state.tokens.values()) checkToken(from, to, token, missing)
  for (const { fan, joins, ways } of state.fanouts.values()) {
    const ref = from.fans[fan]?.def.ref ?? ''
    const other = to.fans[to.fanIndex.get(ref) ?? -1]
    if (other === undefined) missing.add(`it has no fan-out "${ref}", which is open`)
    else if (other.joins.length !== joins.length) missing.add(`fan-out "${ref}", which is open, has other joins there`)
    for (const [way] of ways ?? []) {
      if (!to.transitionIndex.has(way)) missing.add(`it has no transition "${way}", which branches of "${ref}" took`)
    }
  }
  for (const { node, values } of state.compensations.values()) {
    for (const ref of [node, ...values.map(([of]) => of)]) {
      if (!to.nodeIndex.has(ref)) missing.add(`it has no task "${ref}", which undoing "${node}" needs`)
    }
  }
  for (const frame of framesOf(state)) checkValues(from, to, frame, missing)
  return [...missing]
}

function checkToken(from: Plan, to: Plan, token: Token, missing: Set<string>): void {
  const node = from.nodes[token.node]
  const ref = node?.ref ?? ''
  const other = to.nodes[to.nodeIndex.get(ref) ?? -1]
  if (other === undefined) missing.add(`it has no task "${ref}", where the run stands`)
  else if (other.def.does.kind !== node?.def.does.kind) {
    missing.add(
      `task "${ref}", where the run stands, is a ${other.def.does.kind} there and a ${node?.def.does.kind} here`,
    )
  }
  const last = from.nodes[token.last]?.ref
  if (last !== undefined && !to.nodeIndex.has(last)) missing.add(`it has no task "${last}", whose output is in use`)
}

function checkValues(from: Plan, to: Plan, frame: Frame, missing: Set<string>): void {
  for (const node of frame.values?.keys() ?? []) {
    const ref = from.nodes[node]?.ref ?? ''
    if (!to.nodeIndex.has(ref)) missing.add(`it has no task "${ref}", which has a value`)
  }
}

/**
 * The state over the plan that it names (`state.definition`), after a `run_migrated` was folded over plan `from`.
 *
 * @throws InvariantError when something has no place there
 */
export function rebase(from: Plan, to: Plan, state: RunState): RunState {
  const moved = decodeSnapshot(to, state.run, encodeSnapshot(from, state))
  moved.values = withNewValues(to, moved.values)
  return moved
}

/** What of the state has no place in plan `to`, in words; none: the run can go on there. */
export function fits(from: Plan, to: Plan, state: RunState): readonly string[] {
  const missing = missingPlaces(from, to, state)
  if (missing.length > 0) return missing
  try {
    rebase(from, to, state)
    return []
  } catch (thrown) {
    if (thrown instanceof InvariantError) return [thrown.message]
    throw thrown
  }
}

/** Members of `state` that are new in the revision begin with their first value. */
export function withNewValues(to: Plan, values: JsonObject): JsonObject {
  return filled(to.definition.state.initial, values)
}

function filled(initial: JsonObject, values: JsonObject): JsonObject {
  const news: [string, Json][] = Object.entries(initial).flatMap(([key, value]): [string, Json][] => {
    if (!Object.hasOwn(values, key)) return [[key, value]]
    const own = values[key]
    return isObject(value) && isObject(own) ? [[key, filled(value, own)]] : []
  })
  return news.length === 0 ? values : { ...values, ...Object.fromEntries(news) }
}
