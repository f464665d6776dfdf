/**
 * Forks: a run that begins where another one was.
 *
 * Owns: what of a state goes over into a fork, and what is asked for again. Does not own: finding that state in a journal
 * and copying the values it refers to (the coordinator).
 * A fork's first record is self-contained. Finished steps stay finished. Tasks that were out are ordered anew under the
 * new run's keys, timers keep their time; questions, permits, grants and children are asked for again; nothing that the
 * other run owes is owed twice.
 */
import { compile as compileSchema } from '@wonder/context'
import { type ErrorBody, WonderError } from '@wonder/errors'
import type { RunEvent } from './events.ts'
import type { Fold } from './fold.ts'
import type { Json, JsonObject } from './json.ts'
import { isBlobMarker, isObject } from './markers.ts'
import { measure } from './measure.ts'
import type { Plan } from './plan.ts'
import { fits, withNewValues } from './revision.ts'
import { noneWaiting, type RunState, type Wait } from './run-state.ts'
import { decodeSnapshot, type EncodedToken, encodeState, snapshotValue } from './snapshot.ts'

export type ForkOptions = {
  /** The plan that the fork follows. */
  readonly to: Plan
  /** Values of `input` and `state` to change: a path that begins with one of them, and the value. */
  readonly set?: readonly (readonly [path: readonly string[], value: Json])[]
  /** Values of names in `env` to add or change. */
  readonly env?: { readonly [name: string]: string }
  /** Children that have not ended are started anew; without it such a state is refused. */
  readonly restartChildren?: boolean
}

export type ForkedState =
  | { readonly ok: true; readonly state: Json }
  | { readonly ok: false; readonly error: ErrorBody }

/** What a token waits for that the fork asks for again, from its node. */
const askedAgain: ReadonlySet<Wait> = new Set(['answer', 'child', 'permit', 'delivery'])

/**
 * The state that a fork of a run begins with, or why it cannot.
 *
 * @param from the plan of `state`, which is not changed
 */
export function forkedState(from: Plan, state: RunState, options: ForkOptions): ForkedState {
  const { to, set = [], env = {}, restartChildren = false } = options
  const refused = refusal(from, state, { to, restartChildren })
  if (refused !== null) return { ok: false, error: bodyOf(refused) }
  const encoded = encodeState(from, state)
  // Before it has its permit, or room in the project's budget, nothing of a fork is out.
  const waits = to.concurrency !== null || to.definition.projectBudget !== undefined
  const tokens = encoded.tokens.map((token) =>
    again(token, waits, state.permits.has(token.id) || state.reservations.has(token.id)),
  )
  const waiting = { ...noneWaiting }
  for (const { wait } of tokens) waiting[wait] += 1
  const moved = { ...encoded, input: state.input, values: withNewValues(to, state.values) }
  for (const [path, value] of set) {
    const problem = assign(moved, path, value)
    if (problem !== null) return { ok: false, error: bodyOf(problem) }
  }
  const problem = set.length === 0 ? null : checkValues(to, moved)
  if (problem !== null) return { ok: false, error: bodyOf(problem) }
  return {
    ok: true,
    state: snapshotValue({
      ...moved,
      run: '',
      definition: to.digest,
      env: { ...state.env, ...env },
      tokens,
      waiting,
      // It belongs to nobody, and nobody waits for its end.
      parent: null,
      depth: 0,
      grant: null,
      debts: [],
      permits: [],
      reservations: [],
      paused: false,
      hold: null,
      // Which results it has taken stands in the other journal.
      reuse: null,
      elapsed: 0,
      countingSince: null,
      namesFrom: state.namesFrom + state.number,
    }),
  }
}

function refusal(
  from: Plan,
  state: RunState,
  { to, restartChildren }: { readonly to: Plan; readonly restartChildren: boolean },
): WonderError | null {
  const { run, number, ended, waiting } = state
  if (ended !== null) {
    const message = `Cannot fork run "${run}" at record ${number}: it is ${ended.status} there; choose an earlier record`
    return new WonderError('invalid_transition', message)
  }
  if (waiting.child > 0 && !restartChildren) {
    return new WonderError(
      'fork_has_children',
      `Cannot fork run "${run}" at record ${number}: a sub-workflow of it has not ended there`,
    )
  }
  const missing = to.digest === from.digest ? [] : fits(from, to, state)
  return missing.length === 0 ? null : incompatible('fork', run, missing)
}

/** The refusal of a revision in which something of the run has no place. */
export function incompatible(verb: 'fork' | 'migrate', run: string, missing: readonly string[]): WonderError {
  return new WonderError(
    'revision_incompatible',
    `Cannot ${verb} run "${run}" to this revision of its workflow: ${missing.join('; ')}`,
    { details: { missing: [...missing] } },
  )
}

/** `holds`: a permit or a reservation of the other run, which is not the fork's. */
function again(token: EncodedToken, waits: boolean, holds: boolean): EncodedToken {
  const asks = holds ? token.wait !== 'retry' : waits && token.wait === 'task'
  if (!asks && !askedAgain.has(token.wait)) return token
  // Its node has its value: it is not run again, the question stays open.
  if (token.subject?.kind === 'question' && token.subject.checkpoint) return token
  const { subject: _subject, dueAt: _dueAt, input: _input, ...rest } = token
  if (token.wait !== 'task' && token.wait !== 'decision') return { ...rest, wait: 'ready' }
  // The attempt that was out is the one that is ordered again.
  const { attempt = 0, tries = 0, steps: _steps, ...back } = rest
  return { ...back, attempt: Math.max(0, attempt - 1), tries: Math.max(0, tries - 1), wait: 'ready' }
}

function assign(
  target: { input: Json; values: JsonObject },
  [root, ...path]: readonly string[],
  value: Json,
): WonderError | null {
  if (root !== 'input' && root !== 'state') {
    const named = [root ?? '', ...path].join('.')
    return new WonderError('invalid_value', `Cannot set "${named}": a path begins with "input." or "state."`)
  }
  measure(value)
  const changed = withPath(root === 'input' ? target.input : target.values, path, value)
  if (changed === undefined) {
    const named = [root, ...path].join('.')
    return new WonderError('invalid_value', `Cannot set "${named}": no object is there that could have it`)
  }
  if (root === 'input') target.input = changed
  else if (isObject(changed)) target.values = changed
  else return new WonderError('invalid_value', 'Cannot set "state": it is an object')
  return null
}

/** Undefined: the path leads through something that is no object. */
function withPath(target: Json, path: readonly string[], value: Json): Json | undefined {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (!isObject(target) || isBlobMarker(target)) return undefined
  const inner = withPath(Object.hasOwn(target, key) ? (target[key] ?? null) : {}, rest, value)
  return inner === undefined ? undefined : { ...target, [key]: inner }
}

function checkValues(to: Plan, { input, values }: { readonly input: Json; readonly values: JsonObject }) {
  const results = [
    ['input', to.input.check(input)],
    ['state', compileSchema(to.definition.state.schema).check(values)],
  ] as const
  const problems = results.flatMap(([root, result]) =>
    result.ok ? [] : result.errors.map(({ path, code, message }) => ({ path: `/${root}${path}`, code, message })),
  )
  if (problems.length === 0) return null
  const listed = problems.map(({ path, message }) => `${path}: ${message}`).join('; ')
  return new WonderError('invalid_input', `Cannot set these values: ${listed}`, { details: { problems } })
}

function bodyOf({ code, message, retry, details }: WonderError): ErrorBody {
  return { code, message, retry, details }
}

/** The state of a run that begins as a fork: all of it is in the event. */
export function foldFork(fold: Fold, event: Extract<RunEvent, { type: 'run_forked' }>): void {
  const { plan, state, changes, time } = fold
  const given = decodeSnapshot(plan, state.run, [JSON.stringify(event.state)])
  for (const timer of given.timers.all()) state.timers.add(timer)
  const { number: _number, time: _time, run: _run, timers: _timers, ...rest } = given
  const take = <K extends keyof typeof rest>(key: K) => {
    const own: unknown = state[key]
    const value: unknown = given[key]
    if (!(own instanceof Map) || !(value instanceof Map)) return changes.set<RunState, K>(state, key, given[key])
    for (const [name, one] of value) changes.put(own, name, one)
  }
  for (const key of Object.keys(rest) as (keyof typeof rest)[]) take(key)
  changes.set(state, 'startedAt', time)
}
