import type { EntityKernel } from './entity-kernel.ts'

/** The key of a start: the first who uses it says what it stands for. */
export type KeyState = { run: string; digest: string }

export type KeyEvent = {
  readonly type: 'key_taken'
  readonly run: string
  readonly digest: string
  readonly key: string
}

export type KeyCommand = { readonly key: string; readonly run: string; readonly digest: string }

export type KeyDecision = { readonly run: string; readonly digest: string; readonly first: boolean }

export const keyKernel: EntityKernel<KeyState, KeyEvent, KeyCommand, KeyDecision> = {
  create: () => ({ run: '', digest: '' }),
  decide(state, { key, run, digest }, emit) {
    const first = state.run === ''
    if (first) emit({ type: 'key_taken', key, run, digest })
    return { ...state, first: first || state.run === run }
  },
  evolve(state, { run, digest }) {
    state.run = run
    state.digest = digest
  },
  encode: (state) => state,
  decode: (encoded) => encoded as KeyState,
  debts: () => [],
}
