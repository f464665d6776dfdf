/**
 * What is known of a task where another one stands: it has run (`done`), it may have been skipped by its own `if`,
 * may have failed (`on_error`), or may have been passed over by a jump.
 */
export type Certainty = 'done' | 'if' | 'failed' | 'jump'

/** What is known of tasks at a place. */
export type Seen = {
  of(id: string): Certainty | undefined
  ids(): readonly string[]
}

/** The tasks that ran before a place. A body sees those around it; from outside a body's tasks are not seen. */
export class Flow implements Seen {
  readonly #around: Seen | undefined
  readonly #own: Map<string, Certainty>

  constructor(around?: Seen, own: ReadonlyMap<string, Certainty> = new Map()) {
    this.#around = around
    this.#own = new Map(own)
  }

  of(id: string): Certainty | undefined {
    return this.#own.get(id) ?? this.#around?.of(id)
  }

  add(id: string, certainty: Certainty): void {
    this.#own.set(id, certainty)
  }

  /** The same place, to go on from in another way. */
  fork(): Flow {
    return new Flow(this.#around, this.#own)
  }

  /** A body that begins here. */
  inside(): Flow {
    return new Flow(this)
  }

  ids(): readonly string[] {
    return [...(this.#around?.ids() ?? []), ...this.#own.keys()]
  }

  /** Where ways of one list meet: only what ran on all of them has surely run. */
  static meet(flows: readonly [Flow, ...Flow[]]): Flow {
    const [first, ...rest] = flows
    if (rest.length === 0) return first
    const own = new Map<string, Certainty>()
    for (const flow of flows) {
      for (const id of flow.#own.keys()) {
        const ways = flows.map((other) => other.#own.get(id))
        const doubt = ways.find((way) => way !== undefined && way !== 'done')
        own.set(id, ways.includes(undefined) ? 'jump' : (doubt ?? 'done'))
      }
    }
    return new Flow(first.#around, own)
  }
}
