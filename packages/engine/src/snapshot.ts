/**
 * A run's state as text, and back. Nodes and fan-outs are named by their refs, never by a plan's numbers, so that a
 * plan of a newer compiler reads old snapshots.
 */
import { type ErrorBody, InvariantError, WonderError } from '@wonder/errors'
import { unnoted } from './changes.ts'
import type { Debt } from './debts.ts'
import type { EventId } from './events.ts'
import { decodeBudget, encodeBudget } from './fold-budget.ts'
import type { Permit } from './fold-permit.ts'
import type { Reservation } from './fold-project.ts'
import { addToken } from './frame-tokens.ts'
import type { Json } from './json.ts'
import { decodeMailbox, type EncodedMailbox, encodeMailbox, indexWaits, type Mailbox } from './mailbox.ts'
import type { Plan } from './plan.ts'
import { type ClosedQuestion, decodeQuestions, indexQuestions } from './questions.ts'
import {
  type BoundItems,
  type Compensation,
  createFrame,
  createRunState,
  type FanOut,
  type Frame,
  framesOf,
  type JoinState,
  noneWaiting,
  type RunState,
  type TaskValue,
  type Token,
} from './run-state.ts'
import { noUsage, type UsageTotal } from './usage.ts'

const snapshotFormat = 1

/** UTF-16 units a chunk: at most 1 MiB of UTF-8. */
const chunkLength = 262_144

export type EncodedFrame = {
  readonly id: string
  readonly fanout: string | null
  readonly index: number
  /** Left out when there are none, as most branches have none. */
  readonly values?: readonly (readonly [string, TaskValue])[]
  readonly arrived?: readonly number[]
}
type EncodedJoin = Omit<JoinState, 'results' | 'dueAt'> & {
  readonly dueAt?: number
  readonly results: readonly (readonly [number, Json])[]
}
export type EncodedFanOut = Omit<FanOut, 'fan' | 'frame' | 'branches' | 'joins' | 'failures' | 'children'> & {
  readonly fan: string
  readonly frame: string
  readonly failures: readonly (readonly [number, ErrorBody])[]
  readonly children: readonly (readonly [string, TaskValue])[] | null
  readonly joins: readonly EncodedJoin[]
}
/** What is as it is in every new token is left out: a fan-out has as many tokens as branches. */
export type EncodedToken = Partial<Pick<Token, keyof typeof newToken>> &
  Omit<Token, 'node' | 'last' | 'frame' | keyof typeof newToken> & {
    readonly node: string
    readonly last?: string | null
    readonly frame: string
  }
export type EncodedState = Omit<
  RunState,
  | 'tokens'
  | 'fanouts'
  | 'root'
  | 'timers'
  | 'askedAt'
  | 'debts'
  | 'permits'
  | 'reservations'
  | 'compensations'
  | 'detached'
  | 'mailbox'
  | 'questions'
  | 'usage'
  | 'budget'
> & {
  readonly compensations?: readonly (readonly [number, Compensation])[]
  readonly detached?: readonly (readonly [EventId, BoundItems])[]
  readonly usage?: UsageTotal
  readonly budget?: ReturnType<typeof encodeBudget>
  readonly mailbox?: EncodedMailbox
  /** Those that are closed. */
  readonly questions?: readonly ClosedQuestion[]
  readonly debts?: readonly (readonly [string, Debt])[]
  readonly permits?: readonly (readonly [EventId, Permit])[]
  readonly reservations?: readonly (readonly [EventId, Reservation])[]
  readonly tokens: readonly EncodedToken[]
  readonly fanouts: readonly EncodedFanOut[]
  readonly frames: readonly EncodedFrame[]
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Part of the format: what a token has whose snapshot does not say it. */
const newToken = {
  tries: 0,
  started: false,
  dueAt: 0,
  input: null,
  save: null,
  steps: null,
  artifact: null,
  loops: null,
  subject: null,
  made: 0,
} as const satisfies Partial<Token>

/** Members are set one by one, without small objects in between: a fan-out has as many tokens as branches. */
function encodeToken(token: Token, ref: (node: number) => string): EncodedToken {
  const { id, frame, part, wait, attempt, dispatch } = token
  const encoded: Writable<EncodedToken> = { id, node: ref(token.node), frame: frame.id, part, wait, attempt, dispatch }
  if (token.last !== -1) encoded.last = ref(token.last)
  if (token.tries !== 0) encoded.tries = token.tries
  if (token.started) encoded.started = true
  if (token.dueAt !== 0) encoded.dueAt = token.dueAt
  if (token.input !== null) encoded.input = token.input
  if (token.save !== null) encoded.save = token.save
  if (token.steps !== null) encoded.steps = token.steps
  if (token.artifact !== null) encoded.artifact = token.artifact
  if (token.loops !== null) encoded.loops = token.loops
  if (token.subject !== null) encoded.subject = token.subject
  return encoded
}

function encodeFrame(frame: Frame, ref: (node: number) => string): EncodedFrame {
  const encoded: Writable<EncodedFrame> = { id: frame.id, fanout: frame.fanout?.id ?? null, index: frame.index }
  if (frame.values !== null) encoded.values = [...frame.values].map(([node, value]) => [ref(node), value] as const)
  if (frame.arrived.length > 0) encoded.arrived = frame.arrived
  return encoded
}

export function encodeSnapshot(plan: Plan, state: RunState): readonly string[] {
  const text = JSON.stringify({ f: snapshotFormat, s: encodeState(plan, state) })
  const chunks: string[] = []
  for (let at = 0; at < text.length; at += chunkLength) chunks.push(text.slice(at, at + chunkLength))
  return chunks
}

/** Members that are the state's own are shared with it. */
export function encodeState(plan: Plan, state: RunState): EncodedState {
  const ref = (node: number): string => plan.nodes[node]?.ref ?? ''
  const { timers: _timers, askedAt: _askedAt, root: _root, budget, reservations, mailbox, questions, ...rest } = state
  return {
    ...rest,
    // Their order means nothing, and a decision that is taken back changes it.
    debts: [...state.debts].sort(([a], [b]) => (a < b ? -1 : 1)),
    permits: [...state.permits],
    ...(reservations.size === 0 ? {} : { reservations: [...reservations] }),
    ...(budget === null ? {} : { budget: encodeBudget(budget) }),
    ...(hasMail(mailbox) ? { mailbox: encodeMailbox(mailbox) } : {}),
    ...(questions === null || questions.closed.length === 0 ? {} : { questions: questions.closed }),
    compensations: [...state.compensations],
    detached: [...state.detached].map(([id, { items }]) => [id, items] as const),
    tokens: Array.from(state.tokens.values(), (token) => encodeToken(token, ref)),
    fanouts: [...state.fanouts.values()].map(({ branches: _branches, ...fanout }) => ({
      ...fanout,
      fan: plan.fans[fanout.fan]?.def.ref ?? '',
      frame: fanout.frame.id,
      joins: fanout.joins.map(({ results, ...join }) => ({ ...join, results: [...results] })),
      failures: [...fanout.failures],
      children: fanout.children === null ? null : [...fanout.children],
    })),
    frames: Array.from(framesOf(state), (frame) => encodeFrame(frame, ref)),
  }
}

/** A snapshot in one piece, as an event carries it. */
export function snapshotValue(encoded: EncodedState): Json {
  return JSON.parse(JSON.stringify({ f: snapshotFormat, s: encoded })) as Json
}

/** A snapshot that was read: the digest of the definition that the run follows, and its state over that plan. */
export type OpenSnapshot = {
  readonly definition: string
  readonly encoded: EncodedState
  decode(plan: Plan): RunState
}

/** @throws WonderError `format_too_new`, `store_corrupt` */
export function decodeSnapshot(plan: Plan, run: string, chunks: readonly string[]): RunState {
  return openSnapshot(run, chunks).decode(plan)
}

/**
 * Reads a snapshot whose definition is not known yet.
 *
 * @throws WonderError `format_too_new`, `store_corrupt`
 */
export function openSnapshot(run: string, chunks: readonly string[]): OpenSnapshot {
  const { f, s } = parse(run, chunks)
  if (f !== undefined && f > snapshotFormat) {
    throw new WonderError(
      'format_too_new',
      `Cannot read the snapshot of run "${run}": it has format ${f}, this version reads up to ${snapshotFormat}`,
    )
  }
  if (f !== snapshotFormat || s === undefined) {
    throw new WonderError('store_corrupt', `Cannot read the snapshot of run "${run}": it is no snapshot`)
  }
  return { definition: s.definition, encoded: s, decode: (plan) => decodeState(plan, run, s) }
}

function decodeState(plan: Plan, run: string, s: EncodedState): RunState {
  const at = (index: ReadonlyMap<string, number>, ref: string): number => {
    const found = index.get(ref)
    if (found === undefined)
      throw new InvariantError('K2', `the snapshot of run "${run}" names "${ref}", which its workflow lacks`)
    return found
  }
  const fresh = createRunState(run)
  const { tokens, fanouts, timers, root } = fresh
  const debts = new Map(s.debts ?? [])
  const permits = new Map(s.permits ?? [])
  const reservations = new Map(s.reservations ?? [])
  const compensations = new Map(s.compensations ?? [])
  const detached: RunState['detached'] = new Map()
  const waiting = { ...noneWaiting, ...s.waiting }
  const usage = { ...noUsage, ...s.usage }
  const budget = s.budget === undefined ? null : decodeBudget(s.budget)
  const mailbox = s.mailbox === undefined ? null : decodeMailbox(s.mailbox)
  const questions = s.questions === undefined ? null : decodeQuestions(s.questions)
  const { frames: encodedFrames, ...plain } = s
  const state: RunState = {
    ...fresh,
    ...plain,
    run,
    tokens,
    fanouts,
    root,
    timers,
    debts,
    permits,
    reservations,
    mailbox,
    questions,
    compensations,
    detached,
    waiting,
    usage,
    budget,
  }
  const frames = new Map<string, Frame>()
  const fanoutsById = new Map(s.fanouts.map((fanout) => [fanout.id, fanout]))
  const framesById = new Map(encodedFrames.map((frame) => [frame.id, frame]))

  const frameOf = (id: string): Frame => {
    const known = frames.get(id)
    if (known !== undefined) return known
    const encoded = framesById.get(id)
    if (encoded === undefined) throw new InvariantError('K2', `the snapshot of run "${run}" lacks frame "${id}"`)
    const fanout = encoded.fanout === null ? null : fanoutOf(encoded.fanout)
    const frame = id === root.id ? root : createFrame(id, fanout, encoded.index)
    frame.arrived = encoded.arrived ?? []
    if (encoded.values !== undefined)
      frame.values = new Map(encoded.values.map(([ref, value]) => [at(plan.nodeIndex, ref), value]))
    frames.set(id, frame)
    return frame
  }
  const fanoutOf = (id: string): FanOut => {
    const known = state.fanouts.get(id)
    if (known !== undefined) return known
    const encoded = fanoutsById.get(id)
    if (encoded === undefined) throw new InvariantError('K2', `the snapshot of run "${run}" lacks fan-out "${id}"`)
    const frame = frameOf(encoded.frame)
    const fanout: FanOut = {
      ...encoded,
      fan: at(plan.fanIndex, encoded.fan),
      frame,
      branches: new Map(),
      joins: encoded.joins.map(({ results, ...join }) => ({
        ...join,
        dueAt: join.dueAt ?? 0,
        results: new Map(results),
      })),
      failures: new Map(encoded.failures),
      children: encoded.children === null ? null : new Map(encoded.children),
    }
    fanout.joins.forEach(({ dueAt, closed }, join) => {
      if (dueAt !== 0 && !closed) timers.add({ at: dueAt, id, join })
    })
    state.fanouts.set(id, fanout)
    frame.fanouts ??= new Map()
    frame.fanouts.set(id, fanout)
    return fanout
  }
  for (const { id } of s.fanouts) fanoutOf(id)
  // In their old order, which recursion does not keep.
  for (const { id } of encodedFrames) {
    const frame = frameOf(id)
    frame.fanout?.branches.set(frame.index, frame)
  }
  for (const [id, items] of s.detached ?? []) detached.set(id, { frame: frameOf(id), items })
  for (const encoded of s.tokens) {
    const token: Token = {
      ...newToken,
      ...encoded,
      frame: frameOf(encoded.frame),
      node: at(plan.nodeIndex, encoded.node),
      last: encoded.last === undefined || encoded.last === null ? -1 : at(plan.nodeIndex, encoded.last),
    }
    if (token.dueAt !== 0) timers.add({ at: token.dueAt, id: token.id })
    state.tokens.set(token.id, token)
    addToken(unnoted, token.frame, token)
  }
  if (waiting.signal > 0) indexWaits(state)
  if (waiting.answer > 0) indexQuestions(state)
  return state
}

/** Of a mailbox that holds nothing only the waits are left, and they stand in the tokens. */
function hasMail(mailbox: Mailbox | null): mailbox is Mailbox {
  return mailbox !== null && mailbox.kept.size + mailbox.keys.size > 0
}

function parse(run: string, chunks: readonly string[]): { readonly f?: number; readonly s?: EncodedState } {
  try {
    return (JSON.parse(chunks.join('')) ?? {}) as { readonly f?: number; readonly s?: EncodedState }
  } catch (cause) {
    throw new WonderError('store_corrupt', `Cannot read the snapshot of run "${run}": it is not JSON`, { cause })
  }
}
