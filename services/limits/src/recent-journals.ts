/** Journals that stay in memory although nobody uses them; what is read again from the store may be dropped. */
const mostIdle = 1_000
/** Of the oldest, at each use. */
const mostLooks = 8

/** By id: those that are busy, and those that were used lately. */
export class RecentJournals<J extends { readonly idle: boolean }> {
  readonly #open: (id: string) => J
  /** Least recently used first. */
  readonly #journals = new Map<string, J>()

  constructor(open: (id: string) => J) {
    this.#open = open
  }

  get(id: string): J {
    const journal = this.#journals.get(id) ?? this.#open(id)
    this.#journals.delete(id)
    this.#journals.set(id, journal)
    if (this.#journals.size > mostIdle) this.#dropIdle(id)
    return journal
  }

  /** One that is busy stays: its commands have an order. */
  #dropIdle(used: string): void {
    let looked = 0
    for (const [id, { idle }] of this.#journals) {
      if (this.#journals.size <= mostIdle || looked === mostLooks) return
      looked += 1
      if (idle && id !== used) this.#journals.delete(id)
    }
  }
}
