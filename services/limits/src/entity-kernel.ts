import type { Notice } from '@wonder/platform'

/** A name of a holder within a journal: `run` or `run/request`. */
export type HolderName = string

/** Someone who has to be told something. */
export type Debt = { readonly key: string; readonly holder: HolderName; readonly what: Notice['what'] }

/**
 * What one kind of entity may be asked, and what becomes of it. Pure: no clock, no chance, no I/O.
 *
 * @template S its state @template E its events @template C its commands @template A the answers to them
 */
export type EntityKernel<S, E, C, A> = {
  /** Of an entity without a journal. */
  readonly create: () => S
  /** Answers, and emits what has happened; an event is folded before `emit` returns. The same command again is harmless. */
  readonly decide: (state: S, command: C, emit: (event: E) => void) => A
  /** Folds an event; `time` is that of its record, epoch ms. */
  readonly evolve: (state: S, event: E, time: number) => void
  readonly encode: (state: S) => unknown
  readonly decode: (encoded: unknown) => S
  /** Who has not been told yet. */
  readonly debts: (state: S) => Iterable<Debt>
}
