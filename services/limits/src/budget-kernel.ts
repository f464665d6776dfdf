/**
 * The budget of one project: what is used, what is reserved, who waits for room.
 *
 * B1 A reservation is granted only where used, reserved and asked amounts are within every limit of what it asks for, but
 *    for one that must be.
 * B2 Who waits is granted in the order of coming, one that does not fit is passed by: nobody who fits waits.
 * B3 What was used is counted once per reservation.
 * B4 A warning is given once per limit, to whom the settlement belongs that reached its share; again after a raise.
 */
import type { Amounts, BudgetWarning } from '@wonder/platform'
import type { EntityKernel, HolderName } from './entity-kernel.ts'
import { WaitingLine } from './waiting-line.ts'

export type BudgetState = {
  project: string
  limits: Amounts
  /** As the settings had them when they last changed. */
  configured: Amounts
  /** Epoch ms at which the settings had them. */
  asOf: number
  warnAt: number
  /** By budget: of which a warning was given, and to whom. */
  warned: { readonly [budget: string]: BudgetWarning & { readonly holder: HolderName } }
  used: Amounts
  /** The sum of what the holders have. */
  reserved: Amounts
  readonly holders: Map<HolderName, Amounts>
  readonly waiting: WaitingLine<Amounts>
  readonly untold: Set<HolderName>
}

export type BudgetEvent =
  | {
      readonly type: 'limits_configured'
      readonly limits: Amounts
      readonly asOf?: number
      readonly warnAt?: number
      readonly project?: string
    }
  | { readonly type: 'limits_raised'; readonly limits: Amounts }
  | { readonly type: 'reserved'; readonly holder: HolderName; readonly amounts: Amounts; readonly late?: true }
  | { readonly type: 'queued'; readonly holder: HolderName; readonly amounts: Amounts }
  /** `used` only of one that had a reservation. */
  | { readonly type: 'settled'; readonly holder: HolderName; readonly used?: Amounts }
  | ({ readonly type: 'warned'; readonly holder: HolderName } & BudgetWarning)
  | { readonly type: 'told'; readonly holder: HolderName }

export type BudgetCommand =
  | {
      readonly kind: 'reserve'
      readonly project: string
      readonly holder: HolderName
      readonly amounts: Amounts
      readonly limits: Amounts
      readonly wait: boolean
      readonly asOf?: number
      readonly warnAt?: number
      readonly must?: boolean
    }
  | { readonly kind: 'settle'; readonly holder: HolderName; readonly used: Amounts }
  | { readonly kind: 'raise'; readonly project: string; readonly limits: Amounts }
  | { readonly kind: 'told'; readonly holder: HolderName }

/** A budget without room for what is needed. */
export type Shortage = {
  readonly budget: string
  readonly limit: number
  readonly used: number
  readonly reserved: number
  readonly needed: number
}

export type BudgetDecision =
  | { readonly status: 'granted' }
  | { readonly status: 'done'; readonly warnings: readonly BudgetWarning[] }
  | ({ readonly status: 'exceeded' } & Shortage)

type Emit = (event: BudgetEvent) => void

const done = { status: 'done', warnings: [] } as const

const defaultWarnAt = 0.8

/** Sums of cents are no sums of binary fractions: so much of a limit is within it. */
const tolerance = 1e-9

export const budgetKernel: EntityKernel<BudgetState, BudgetEvent, BudgetCommand, BudgetDecision> = {
  create: () => ({
    project: '',
    limits: {},
    configured: {},
    asOf: 0,
    warnAt: defaultWarnAt,
    warned: {},
    used: {},
    reserved: {},
    holders: new Map(),
    waiting: new WaitingLine(),
    untold: new Set(),
  }),

  decide(state, command, emit) {
    switch (command.kind) {
      case 'reserve':
        return reserve(state, command, emit)
      case 'settle': {
        const { holder, used } = command
        if (state.holders.has(holder)) emit({ type: 'settled', holder, used })
        else if (state.waiting.has(holder)) emit({ type: 'settled', holder })
        else return { status: 'done', warnings: warningsOf(state, holder) }
        warn(state, holder, emit)
        fill(state, emit)
        return { status: 'done', warnings: warningsOf(state, holder) }
      }
      case 'raise': {
        const { project, limits } = command
        if (state.project === '') emit({ type: 'limits_configured', limits: {}, project })
        if (Object.entries(limits).every(([name, limit]) => state.limits[name] === limit)) return done
        emit({ type: 'limits_raised', limits })
        fill(state, emit)
        return done
      }
      case 'told':
        if (state.untold.has(command.holder)) emit({ type: 'told', holder: command.holder })
        return done
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'limits_configured':
        state.limits = event.limits
        state.configured = event.limits
        state.asOf = event.asOf ?? state.asOf
        state.warnAt = event.warnAt ?? defaultWarnAt
        state.warned = {}
        if (event.project !== undefined) state.project = event.project
        return
      case 'limits_raised':
        state.limits = { ...state.limits, ...event.limits }
        state.warned = without(state.warned, Object.keys(event.limits))
        return
      case 'reserved':
        state.waiting.remove(event.holder)
        state.holders.set(event.holder, event.amounts)
        state.reserved = plus(state.reserved, event.amounts, 1)
        if (event.late === true) state.untold.add(event.holder)
        return
      case 'queued':
        state.waiting.add(event.holder, event.amounts)
        return
      case 'settled': {
        const amounts = state.holders.get(event.holder)
        state.waiting.remove(event.holder)
        state.holders.delete(event.holder)
        state.untold.delete(event.holder)
        if (amounts !== undefined) state.reserved = plus(state.reserved, amounts, -1)
        // What is left of sums and differences of fractions is nothing.
        if (state.holders.size === 0) state.reserved = {}
        state.used = plus(state.used, event.used ?? {}, 1)
        return
      }
      case 'warned': {
        const { type: _type, ...warning } = event
        state.warned = { ...state.warned, [event.budget]: warning }
        return
      }
      case 'told':
        state.untold.delete(event.holder)
    }
  },

  encode: ({ holders, waiting, untold, ...rest }) => ({
    ...rest,
    holders: [...holders],
    waiting: [...waiting],
    untold: [...untold],
  }),

  decode(encoded) {
    const { holders, waiting, untold, ...rest } = encoded as EncodedBudget
    const state: BudgetState = {
      ...budgetKernel.create(),
      ...rest,
      holders: new Map(holders),
      waiting: new WaitingLine(),
      untold: new Set(untold),
    }
    for (const [holder, amounts] of waiting) state.waiting.add(holder, amounts)
    return state
  },

  *debts({ project, untold }) {
    for (const holder of untold) yield { key: project, holder, what: 'granted' }
  },
}

type EncodedBudget = Omit<BudgetState, 'holders' | 'waiting' | 'untold'> & {
  readonly holders: readonly (readonly [HolderName, Amounts])[]
  readonly waiting: readonly (readonly [HolderName, Amounts])[]
  readonly untold: readonly HolderName[]
}

function reserve(
  state: BudgetState,
  { project, holder, amounts, limits, wait, asOf, warnAt, must = false }: Extract<BudgetCommand, { kind: 'reserve' }>,
  emit: Emit,
): BudgetDecision {
  const changes = !equal(limits, state.configured) || (warnAt ?? defaultWarnAt) !== state.warnAt
  if (state.project === '' || (changes && (asOf ?? state.asOf) >= state.asOf)) {
    emit({
      type: 'limits_configured',
      limits,
      ...(asOf === undefined ? {} : { asOf }),
      ...(warnAt === undefined ? {} : { warnAt }),
      ...(state.project === '' ? { project } : {}),
    })
    fill(state, emit)
  }
  if (state.holders.has(holder)) return { status: 'granted' }
  const shortage = shortageOf(state, amounts)
  if (shortage === null || must) {
    emit({ type: 'reserved', holder, amounts })
    return { status: 'granted' }
  }
  if (wait && !state.waiting.has(holder)) emit({ type: 'queued', holder, amounts })
  return { status: 'exceeded', ...shortage }
}

/** B2 */
function fill(state: BudgetState, emit: Emit): void {
  for (const [holder, amounts] of [...state.waiting]) {
    if (shortageOf(state, amounts) === null) emit({ type: 'reserved', holder, amounts, late: true })
  }
}

/** B1: the first budget that is asked for, by name, without room. */
function shortageOf({ limits, used, reserved }: BudgetState, amounts: Amounts): Shortage | null {
  for (const budget of Object.keys(amounts).sort()) {
    const limit = limits[budget] ?? Number.POSITIVE_INFINITY
    const needed = amounts[budget] ?? 0
    const taken = (used[budget] ?? 0) + (reserved[budget] ?? 0)
    if (taken + needed <= limit + tolerance) continue
    return { budget, limit, used: used[budget] ?? 0, reserved: reserved[budget] ?? 0, needed }
  }
  return null
}

/** B4 */
function warn({ limits, used, warnAt, warned }: BudgetState, holder: HolderName, emit: Emit): void {
  for (const [budget, limit] of Object.entries(limits)) {
    const amount = used[budget] ?? 0
    if (warned[budget] === undefined && limit > 0 && amount + tolerance >= limit * warnAt)
      emit({ type: 'warned', holder, budget, limit, used: amount })
  }
}

function warningsOf({ warned }: BudgetState, name: HolderName): readonly BudgetWarning[] {
  return Object.values(warned).flatMap(({ holder, ...warning }) => (holder === name ? [warning] : []))
}

function without<T>(entries: { readonly [name: string]: T }, names: readonly string[]): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => !names.includes(name)))
}

function plus(sum: Amounts, amounts: Amounts, sign: 1 | -1): Amounts {
  const names = Object.keys(amounts)
  if (names.length === 0) return sum
  return { ...sum, ...Object.fromEntries(names.map((name) => [name, (sum[name] ?? 0) + sign * (amounts[name] ?? 0)])) }
}

function equal(a: Amounts, b: Amounts): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
