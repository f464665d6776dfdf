import type { EntityKind, Owners, RunIndex, RunIndexEntry, RunRetention, RunStatus, RunStore } from '../src/index.ts'

/** One process's view of a store. */
export type StoreHost = {
  readonly runs: RunStore
  readonly index: RunIndex
  readonly owners: Owners
  readonly retention: RunRetention
  close(): Promise<void>
}

/** A store that is empty at first, and the time that all its hosts see. */
export type StoreFixture = {
  now(): number
  advance(ms: number): void
  /** Opens the store as the host of this name; names are not used again. */
  host(name: string): Promise<StoreHost>
  /** Closes what is open, and removes the store. */
  end(): Promise<void>
}

export type StoreHarness = { readonly name: string; readonly open: () => Promise<StoreFixture> }

/** Makes the host known, as a host does before its first run. */
export async function announced(fixture: StoreFixture, name: string): Promise<StoreHost> {
  const host = await fixture.host(name)
  await host.owners.announce({ id: name, address: `/run/${name}.sock`, pid: 1, role: 'start' })
  return host
}

export function runEntity(id: string) {
  return { kind: 'run', id } as const
}

/** What all hosts share: it has no owner. */
export function sharedEntity(id: string) {
  return { kind: 'limit', id } as const
}

/** A ULID for tests: those with a larger number are newer. */
export function runId(number: number): string {
  return `01K${String(number).padStart(23, '0')}`
}

/** `count` records that follow record `after`. */
export function recordsAfter(after: number, count = 1) {
  return Array.from({ length: count }, (_, place) => ({
    number: after + place + 1,
    body: `{"record":${after + place + 1}}`,
  }))
}

export function indexEntry(id: string, status: RunStatus, more: Partial<RunIndexEntry> = {}): RunIndexEntry {
  const ended = ['completed', 'failed', 'cancelled', 'timed_out'].includes(status) ? 2_000 : null
  const tags = ['nightly']
  return {
    id,
    workflow: 'audit',
    project: 'demo',
    status,
    parent: null,
    created: 1_000,
    updated: 1_500,
    ended,
    tags,
    ...more,
  }
}

/** Collects what onWake hands over. */
export function collectWakes(runs: RunStore) {
  const woken: string[] = []
  const waiting: { readonly id: string; readonly resolve: () => void }[] = []
  const kinds = new Map<string, EntityKind>()
  const stop = runs.onWake(({ id, kind }) => {
    woken.push(id)
    kinds.set(id, kind)
    for (const one of waiting) if (one.id === id) one.resolve()
  })
  return {
    woken,
    kinds,
    stop,
    /** Resolves when the entity has been handed over. */
    until(id: string): Promise<void> {
      if (woken.includes(id)) return Promise.resolve()
      return new Promise((resolve) => waiting.push({ id, resolve }))
    },
  }
}
