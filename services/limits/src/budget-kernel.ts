/**
 * The budget of one project: what is used, what is reserved, who waits for room.
 *
 * B1 A reservation is granted only where used, reserved and asked amounts are within every limit.
 * B2 Who waits is granted in the order of coming, one that does not fit is passed by: nobody who fits waits.
 * B3 What was used is counted once per reservation.
 */
import type { Amounts } from '@wonder/platform'
import type { EntityKernel, HolderName } from './entity-kernel.ts'
import { WaitingLine } from './waiting-line.ts'

export type BudgetState = {
  project: string
  limits: Amounts
  /** As the settings had them when they last changed. */
  configured: Amounts
  used: Amounts
  /** The sum of what the holders have. */
  reserved: Amounts
  readonly holders: Map<HolderName, Amounts>
  readonly waiting: WaitingLine<Amounts>
  readonly untold: Set<HolderName>
}

export type BudgetEvent =
  | { readonly type: 'limits_configured'; readonly limits: Amounts; readonly project?: string }
  | { readonly type: 'limits_raised'; readonly limits: Amounts }
  | { readonly type: 'reserved'; readonly holder: HolderName; readonly amounts: Amounts; readonly late?: true }
  | { readonly type: 'queued'; readonly holder: HolderName; readonly amounts: Amounts }
  /** `used` only of one that had a reservation. */
  | { readonly type: 'settled'; readonly holder: HolderName; readonly used?: Amounts }
  | { readonly type: 'told'; readonly holder: HolderName }

export type BudgetCommand =
  | {
      readonly kind: 'reserve'
      readonly project: string
      readonly holder: HolderName
      readonly amounts: Amounts
      readonly limits: Amounts
      readonly wait: boolean
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

export type BudgetDecision = { readonly status: 'granted' | 'done' } | ({ readonly status: 'exceeded' } & Shortage)

type Emit = (event: BudgetEvent) => void

const done = { status: 'done' } as const

/** Sums of cents are no sums of binary fractions: so much of a limit is within it. */
const tolerance = 1e-9

export const budgetKernel: EntityKernel<BudgetState, BudgetEvent, BudgetCommand, BudgetDecision> = {
  create: () => ({
    project: '',
    limits: {},
    configured: {},
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
        else return done
        fill(state, emit)
        return done
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
        if (event.project !== undefined) state.project = event.project
        return
      case 'limits_raised':
        state.limits = { ...state.limits, ...event.limits }
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
  { project, holder, amounts, limits, wait }: Extract<BudgetCommand, { kind: 'reserve' }>,
  emit: Emit,
): BudgetDecision {
  if (state.project === '' || !equal(limits, state.configured)) {
    emit({ type: 'limits_configured', limits, ...(state.project === '' ? { project } : {}) })
    fill(state, emit)
  }
  if (state.holders.has(holder)) return { status: 'granted' }
  const shortage = shortageOf(state, amounts)
  if (shortage === null) {
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

/** B1: the first budget, by name, without room. */
function shortageOf({ limits, used, reserved }: BudgetState, amounts: Amounts): Shortage | null {
  for (const budget of Object.keys(limits).sort()) {
    const limit = limits[budget] ?? Number.POSITIVE_INFINITY
    const needed = amounts[budget] ?? 0
    const taken = (used[budget] ?? 0) + (reserved[budget] ?? 0)
    if (taken + needed <= limit + tolerance) continue
    return { budget, limit, used: used[budget] ?? 0, reserved: reserved[budget] ?? 0, needed }
  }
  return null
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
