import type { Clock, Host, Owners, Sandbox } from '@wonder/platform'
import { askHost, hostGone } from './host-client.ts'

export type OwnershipParts = {
  readonly owners: Owners
  readonly sandbox: Sandbox
  readonly clock: Clock
  readonly host: string
}

/** A host that has not shown itself for so long, ms, and whose socket answers no more, is gone. */
const silence = 10_000

/** Who drives a run, and what becomes of the runs of processes that are gone. */
export class Ownership {
  readonly #parts: OwnershipParts

  constructor(parts: OwnershipParts) {
    this.#parts = parts
  }

  /** The living host that owns the run; null when nobody does. An owner that is gone is declared so. */
  async livingOwner(run: string): Promise<Host | null> {
    const owner = await this.#parts.owners.ownerOf(run)
    if (owner === null || owner === 'gone') return null
    if (owner.id === this.#parts.host || (await this.isAlive(owner))) return owner
    await this.#declareGone(owner)
    return null
  }

  /** Makes the run ours, unless a living host owns it. */
  async claim(run: string): Promise<boolean> {
    const { owners, host } = this.#parts
    const owner = await owners.ownerOf(run)
    if (owner === 'gone' || owner === null) return await this.#claimOrphan(run)
    if (owner.id === host) return true
    if (await this.isAlive(owner)) return false
    await this.#declareGone(owner)
    return await this.#claimOrphan(run)
  }

  async #claimOrphan(run: string): Promise<boolean> {
    const { owners, host } = this.#parts
    if (await owners.claim(run, null)) return true
    const owner = await owners.ownerOf(run)
    return owner !== null && owner !== 'gone' && owner.id === host
  }

  async isAlive(host: Host): Promise<boolean> {
    if ((await askHost(host.address, { op: 'ping' })) === hostGone) return false
    return true
  }

  /** Declares every other host gone that does not answer. Returns how many. */
  async sweep(): Promise<number> {
    const { owners, host, clock } = this.#parts
    let gone = 0
    for (const other of await owners.hosts()) {
      if (other.id === host) continue
      const alive = await this.isAlive(other).catch(() => clock.now() - other.seen < silence)
      if (alive) continue
      await this.#declareGone(other)
      gone += 1
    }
    return gone
  }

  /** What the host left running is ended before anybody takes up its runs. */
  async #declareGone(host: Host): Promise<void> {
    await this.#parts.sandbox.endAbandoned(host.id)
    await this.#parts.owners.declareGone(host.id)
  }
}
