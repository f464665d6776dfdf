import { type Clock, type Host, isTerminal, type Owners } from '@wonder/platform'
import { isSettled, isUnowned, type MemoryDisk } from './memory-disk.ts'

export class MemoryOwners implements Owners {
  readonly #disk: MemoryDisk
  readonly #host: string
  readonly #clock: Clock

  constructor(options: { readonly disk: MemoryDisk; readonly host: string; readonly clock: Clock }) {
    this.#disk = options.disk
    this.#host = options.host
    this.#clock = options.clock
  }

  async announce(host: Omit<Host, 'seen'>): Promise<void> {
    this.#disk.hosts.set(host.id, { ...host, seen: this.#clock.now() })
  }

  async leave(): Promise<void> {
    this.#disk.hosts.delete(this.#host)
    for (const entity of this.#disk.entities.values()) if (entity.owner === this.#host) entity.owner = null
  }

  async hosts(): Promise<readonly Host[]> {
    return [...this.#disk.hosts.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  async ownerOf(run: string): Promise<Host | 'gone' | null> {
    const owner = this.#disk.entities.get(run)?.owner ?? null
    return owner === null ? null : (this.#disk.hosts.get(owner) ?? 'gone')
  }

  async claim(run: string, from: string | null): Promise<boolean> {
    const entity = this.#disk.entities.get(run)
    if (entity === undefined || isSettled(entity)) return false
    const { owner } = entity
    if (owner !== from && owner !== this.#host && !isUnowned(this.#disk, entity)) return false
    entity.owner = this.#host
    return true
  }

  async release(run: string): Promise<void> {
    const entity = this.#disk.entities.get(run)
    if (entity?.owner === this.#host) entity.owner = null
  }

  async orphans(limit: number): Promise<readonly string[]> {
    return [...this.#disk.entities.values()]
      .filter((entity) => isUnowned(this.#disk, entity) && (entity.index === null || !isTerminal(entity.index.status)))
      .sort((a, b) => (a.wake ?? Number.MAX_SAFE_INTEGER) - (b.wake ?? Number.MAX_SAFE_INTEGER))
      .slice(0, limit)
      .map(({ id }) => id)
  }

  async declareGone(host: string): Promise<void> {
    this.#disk.hosts.delete(host)
  }
}
