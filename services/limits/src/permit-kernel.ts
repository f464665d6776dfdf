/**
 * One concurrency key: who holds a permit, who waits.
 *
 * L1 There are never more holders than the limit, but for those that held before it was lowered.
 * L2 Who waits is granted in the order of coming.
 * L3 While somebody waits there is no room.
 */
import type { WhenFull } from '@wonder/platform'
import type { Debt, EntityKernel, HolderName } from './entity-kernel.ts'
import { WaitingLine } from './waiting-line.ts'

export type PermitState = {
  key: string
  limit: number
  /** Oldest first. */
  readonly holders: Map<HolderName, { readonly since: number; readonly superseded: boolean }>
  readonly waiting: WaitingLine<{ readonly since: number }>
  /** Who must be told that it was granted, or superseded, after its answer. */
  readonly untold: Map<HolderName, Debt['what']>
}

export type PermitEvent =
  /** `key` in the first record alone. */
  | { readonly type: 'limit_set'; readonly limit: number; readonly key?: string }
  /** `late`: it had waited, and must be told. */
  | { readonly type: 'granted'; readonly holder: HolderName; readonly late?: true }
  | { readonly type: 'queued'; readonly holder: HolderName }
  /** A holder keeps its permit until it is released; one that waited has left. */
  | { readonly type: 'superseded'; readonly holder: HolderName }
  | { readonly type: 'released'; readonly holder: HolderName }
  | { readonly type: 'told'; readonly holder: HolderName }

export type PermitCommand =
  | {
      readonly kind: 'acquire'
      readonly key: string
      readonly holder: HolderName
      readonly limit: number
      readonly whenFull: WhenFull
    }
  | { readonly kind: 'release'; readonly holder: HolderName }
  | { readonly kind: 'told'; readonly holder: HolderName; readonly what: Debt['what'] }

export type PermitDecision =
  | { readonly status: 'granted' | 'superseded' | 'done' }
  | { readonly status: 'queued'; readonly ahead: number }
  | { readonly status: 'full'; readonly by: readonly HolderName[] }

type Emit = (event: PermitEvent) => void

const done = { status: 'done' } as const

export const permitKernel: EntityKernel<PermitState, PermitEvent, PermitCommand, PermitDecision> = {
  create: () => ({ key: '', limit: 0, holders: new Map(), waiting: new WaitingLine(), untold: new Map() }),

  decide(state, command, emit) {
    const { holder } = command
    switch (command.kind) {
      case 'acquire':
        return acquire(state, command, emit)
      case 'release':
        if (!state.holders.has(holder) && !state.waiting.has(holder) && !state.untold.has(holder)) return done
        emit({ type: 'released', holder })
        fill(state, emit)
        return done
      case 'told':
        // It may have been superseded since it was told that it was granted.
        if (state.untold.get(holder) === command.what) emit({ type: 'told', holder })
        return done
    }
  },

  evolve(state, event, time) {
    switch (event.type) {
      case 'limit_set':
        state.limit = event.limit
        if (event.key !== undefined) state.key = event.key
        return
      case 'granted':
        state.waiting.remove(event.holder)
        state.holders.set(event.holder, { since: time, superseded: false })
        if (event.late === true) state.untold.set(event.holder, 'granted')
        return
      case 'queued':
        state.waiting.add(event.holder, { since: time })
        return
      case 'superseded': {
        const held = state.holders.get(event.holder)
        if (held === undefined) state.waiting.remove(event.holder)
        else state.holders.set(event.holder, { ...held, superseded: true })
        state.untold.set(event.holder, 'superseded')
        return
      }
      case 'released':
        state.holders.delete(event.holder)
        state.waiting.remove(event.holder)
        state.untold.delete(event.holder)
        return
      case 'told':
        state.untold.delete(event.holder)
    }
  },

  encode: ({ key, limit, holders, waiting, untold }) => ({
    key,
    limit,
    holders: [...holders],
    waiting: [...waiting],
    untold: [...untold],
  }),

  decode(encoded) {
    const { key, limit, holders, waiting, untold } = encoded as EncodedPermits
    const state: PermitState = {
      key,
      limit,
      holders: new Map(holders),
      waiting: new WaitingLine(),
      untold: new Map(untold),
    }
    for (const [holder, value] of waiting) state.waiting.add(holder, value)
    return state
  },

  *debts({ key, untold }) {
    for (const [holder, what] of untold) yield { key, holder, what }
  },
}

type EncodedPermits = {
  readonly key: string
  readonly limit: number
  readonly holders: readonly (readonly [HolderName, { readonly since: number; readonly superseded: boolean }])[]
  readonly waiting: readonly (readonly [HolderName, { readonly since: number }])[]
  readonly untold: readonly (readonly [HolderName, Debt['what']])[]
}

function acquire(
  state: PermitState,
  { key, holder, limit, whenFull }: Extract<PermitCommand, { kind: 'acquire' }>,
  emit: Emit,
): PermitDecision {
  if (state.limit !== limit) {
    emit({ type: 'limit_set', limit, ...(state.key === '' ? { key } : {}) })
    fill(state, emit)
  }
  if (state.holders.has(holder)) return { status: 'granted' }
  if (state.waiting.has(holder)) return { status: 'queued', ahead: state.waiting.ahead(holder) }
  if (state.untold.has(holder)) return { status: 'superseded' }
  if (hasRoom(state)) {
    emit({ type: 'granted', holder })
    return { status: 'granted' }
  }
  if (whenFull === 'reject') return { status: 'full', by: [...state.holders.keys()] }
  if (whenFull === 'cancel_older') supersede(state, emit)
  const ahead = state.waiting.size
  emit({ type: 'queued', holder })
  return { status: 'queued', ahead }
}

/** With one more to come, no more than the limit are left that nobody has superseded. */
function supersede(state: PermitState, emit: Emit): void {
  const live = [...state.holders].filter(([, { superseded }]) => !superseded).map(([holder]) => holder)
  for (const [holder] of state.waiting) live.push(holder)
  for (const holder of live.slice(0, Math.max(0, live.length + 1 - state.limit))) emit({ type: 'superseded', holder })
}

function hasRoom(state: PermitState): boolean {
  return state.holders.size < state.limit
}

/** L3: whoever waits goes on as soon as there is room. */
function fill(state: PermitState, emit: Emit): void {
  for (;;) {
    const holder = state.waiting.first()
    if (holder === null || !hasRoom(state)) return
    emit({ type: 'granted', holder, late: true })
  }
}
