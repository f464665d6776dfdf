import { WonderError } from '@wonder/errors'
import type { Clock, Entity, EntityKind } from '@wonder/platform'
import { entityKinds, everybody } from './journal-layout.ts'
import type { SqliteReader } from './sqlite-reader.ts'

type Due = { readonly id: number; readonly kind: number; readonly key: string; readonly wake: number }

/** Entities handed over in one turn. */
const slice = 256
/** Milliseconds after which the file is looked at although no wake is known: other processes write to it, and end. */
const lookAgain = 10_000

/** Kinds by their stored number. */
const kinds: ReadonlyMap<number, EntityKind> = new Map(
  Object.entries(entityKinds).map(([kind, number]) => [number, kind as EntityKind]),
)

/**
 * Hands entities to the owner's listener when their wake has come: those that this host owns, that nobody owns, that
 * are everybody's, and that a host owns which has no row any more. The file is asked, so nothing is kept for a run that waits.
 */
export class WakeWatch {
  readonly #reader: SqliteReader
  readonly #clock: Clock
  readonly #host: string
  /** When an entity was handed over; it is not again for a while, or before its next append. */
  readonly #handed = new Map<string, number>()
  /** Where the last slice of each owner ended; forgotten when all was seen. */
  readonly #reached = new Map<string | null, Pick<Due, 'wake' | 'id'>>()
  #listener: ((entity: Entity) => void) | null = null
  #next = Number.POSITIVE_INFINITY
  #cancel: (() => void) | null = null

  constructor(options: { readonly reader: SqliteReader; readonly clock: Clock; readonly host: string }) {
    this.#reader = options.reader
    this.#clock = options.clock
    this.#host = options.host
  }

  listen(listener: (entity: Entity) => void): () => void {
    this.#listener = listener
    this.#lookAt(this.#clock.now())
    return () => {
      if (this.#listener === listener) this.stop()
    }
  }

  /** Learns the wake that an append of this process has stored. */
  appended(kind: number, key: string, wake: number | null): void {
    if (this.#handed.size > 0) this.#handed.delete(`${kind} ${key}`)
    if (wake === null || this.#listener === null) return
    // It may lie before the place that a look in slices has reached.
    if (this.#reached.size > 0 && wake <= this.#clock.now()) this.#reached.clear()
    if (wake < this.#next) this.#lookAt(wake)
  }

  stop(): void {
    this.#listener = null
    this.#cancel?.()
    this.#cancel = null
    this.#next = Number.POSITIVE_INFINITY
    this.#reached.clear()
  }

  #lookAt(time: number): void {
    this.#cancel?.()
    this.#next = time
    this.#cancel = this.#clock.at(time, () => this.#lookOrLater())
  }

  /** A file that cannot be read now is looked at again; appends and reads tell why, a timer has nobody to tell. */
  #lookOrLater(): void {
    const now = this.#clock.now()
    let next = now + lookAgain
    try {
      next = Math.min(next, this.#look(now))
    } catch (thrown) {
      if (!(thrown instanceof WonderError)) throw thrown
    }
    if (this.#listener !== null) this.#lookAt(next)
  }

  /** Hands over what is due, and gives the time of the next wake: now, when the slice was not the last. */
  #look(now: number): number {
    for (const [name, time] of this.#handed) if (time <= now - lookAgain) this.#handed.delete(name)
    let handed = 0
    let next = Number.POSITIVE_INFINITY
    for (const owner of this.#owners()) {
      for (const due of this.#due(owner, now)) {
        this.#reached.set(owner, due)
        const name = `${due.kind} ${due.key}`
        if (this.#handed.has(name)) continue
        this.#handed.set(name, now)
        const kind = kinds.get(due.kind)
        // A kind that only a newer version knows is that version's to wake.
        if (kind === undefined) continue
        this.#listener?.({ kind, id: due.key })
        handed += 1
        if (handed >= slice || this.#listener === null) return now
      }
      next = Math.min(next, this.#following(owner, now))
    }
    this.#reached.clear()
    return next
  }

  /** Everyone whose entities this host may wake: itself, nobody (null), everybody, and hosts that are gone. */
  #owners(): readonly (string | null)[] {
    const owners: (string | null)[] = [this.#host, null, everybody]
    let last = ''
    for (;;) {
      const owner = this.#reader.get<{ owner: string; gone: number }>(
        `SELECT owner, owner NOT IN (SELECT id FROM host) AS gone FROM entity
         WHERE wake IS NOT NULL AND owner > ? ORDER BY owner LIMIT 1`,
        last,
      )
      if (owner === undefined) return owners
      if (owner.gone === 1 && owner.owner !== this.#host) owners.push(owner.owner)
      last = owner.owner
    }
  }

  *#due(owner: string | null, now: number): Iterable<Due> {
    let after = this.#reached.get(owner) ?? { wake: Number.MIN_SAFE_INTEGER, id: 0 }
    for (;;) {
      const rows = this.#reader.all<Due>(
        `SELECT id, kind, key, wake FROM entity
         WHERE owner IS ? AND wake IS NOT NULL AND wake <= ? AND (wake, id) > (?, ?) ORDER BY wake, id LIMIT ?`,
        owner,
        now,
        after.wake,
        after.id,
        slice,
      )
      yield* rows
      const last = rows.at(-1)
      if (last === undefined || rows.length < slice) return
      after = last
    }
  }

  #following(owner: string | null, now: number): number {
    const row = this.#reader.get<{ wake: number | null }>(
      'SELECT min(wake) AS wake FROM entity WHERE owner IS ? AND wake IS NOT NULL AND wake > ?',
      owner,
      now,
    )
    return row?.wake ?? Number.POSITIVE_INFINITY
  }
}
