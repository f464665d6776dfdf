import type { EventId, RunEvent, RunState } from '@wonder/engine'

/**
 * Names of tokens and fan-outs that do not depend on the records they were made in: two runs that begin in the same state
 * and do the same give the same names, however their events fall into records.
 */
export class TokenNames {
  readonly #names = new Map<EventId, string>()
  readonly #taken = new Map<string, number>()

  /** What is live already keeps the name it has. */
  constructor(state: RunState) {
    for (const id of [...state.tokens.keys(), ...state.fanouts.keys()]) this.#names.set(id, id)
  }

  of(id: EventId): string {
    return this.#names.get(id) ?? ''
  }

  /** Learns what an event makes; `id` is its name. */
  apply(event: RunEvent, id: EventId): void {
    switch (event.type) {
      case 'token_created':
        return this.#add(id, `${event.part ?? this.of(event.from ?? '')}>${event.node}`)
      case 'fanned_out':
        return this.#add(id, `${this.of(event.token)}*${event.fan}`)
      case 'branch_started':
        return this.#add(id, `${this.of(event.fanout)}[${event.index}]`)
      case 'joined':
        return this.#add(id, `${this.of(event.fanout)}!${event.node ?? ''}`)
      default:
    }
  }

  #add(id: EventId, name: string): void {
    const count = this.#taken.get(name) ?? 0
    this.#taken.set(name, count + 1)
    this.#names.set(id, count === 0 ? name : `${name}#${count}`)
  }
}
