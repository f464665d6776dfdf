import type { Command, Outcome } from '@wonder/engine'
import { InvariantError } from '@wonder/errors'

/** What a process knows of the runs of others. */
export type Neighbours = {
  /** Gives a command to a run, whoever drives it. */
  readonly tell: (run: string, command: Command) => Promise<Outcome>
  /** May the run, which is due, go on here? */
  readonly isOurs: (run: string) => Promise<boolean>
}

/** How the runs of this process reach those of others: what steers runs is put together after what drives them. */
export class Reach {
  #neighbours: Neighbours | null = null

  through(neighbours: Neighbours): void {
    this.#neighbours = neighbours
  }

  get neighbours(): Neighbours {
    if (this.#neighbours === null) throw new InvariantError('host', 'a run moves before its process is complete')
    return this.#neighbours
  }
}
