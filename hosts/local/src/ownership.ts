import { rm } from 'node:fs/promises'
import type { Host, Owners, Sandbox } from '@wonder/platform'
import { hostExists } from './host-client.ts'

export type OwnershipParts = {
  readonly owners: Owners
  readonly sandbox: Sandbox
  readonly host: string
}

/**
 * Who drives a run, and what becomes of the runs of processes that are gone.
 *
 * A host is gone when nobody listens on its socket any more: the system closes it with the process, however that ends.
 * One that is stopped or silent is not gone, and keeps what it owns.
 */
export class Ownership {
  readonly #parts: OwnershipParts

  constructor(parts: OwnershipParts) {
    this.#parts = parts
  }

  /** The living host that owns the run; null when nobody does. An owner that is gone is declared so. */
  async livingOwner(run: string): Promise<Host | null> {
    const owner = await this.#parts.owners.ownerOf(run)
    if (owner === null || owner === 'gone') return null
    if (owner.id === this.#parts.host || (await hostExists(owner))) return owner
    await this.#declareGone(owner)
    return null
  }

  /** Makes the run ours, unless a living host owns it. */
  async claim(run: string): Promise<boolean> {
    const { owners, host } = this.#parts
    const owner = await this.livingOwner(run)
    return owner === null ? await owners.claim(run, null) : owner.id === host
  }

  /** Declares every other host gone that does not exist any more. */
  async sweep(): Promise<void> {
    const others = (await this.#parts.owners.hosts()).filter(({ id }) => id !== this.#parts.host)
    await Promise.all(
      others.map(async (other) => {
        if (!(await hostExists(other))) await this.#declareGone(other)
      }),
    )
  }

  /** What the host left running is ended before anybody takes up its runs. */
  async #declareGone(host: Host): Promise<void> {
    await this.#parts.sandbox.endAbandoned(host.id)
    await this.#parts.owners.declareGone(host.id)
    await rm(host.address, { force: true })
  }
}
