import type { Coordinator } from '@wonder/coordinator'
import { toErrorBody } from '@wonder/errors'
import type { Owners, RunIndex } from '@wonder/platform'
import type { Ownership } from './ownership.ts'
import type { ProjectLoader } from './project-loader.ts'
import { environmentOf } from './run-environment.ts'

export type RecoveryParts = {
  readonly ownership: Pick<Ownership, 'sweep'>
  readonly owners: Pick<Owners, 'orphans' | 'claim' | 'release'>
  readonly index: Pick<RunIndex, 'get'>
  readonly coordinator: Pick<Coordinator, 'command'>
  readonly projects: Pick<ProjectLoader, 'environment'>
}

export type Recovered = {
  /** How many runs were taken up. */
  readonly runs: number
  /** Runs that could not be, such as those with a damaged journal; each is told once. */
  readonly failed: readonly { readonly run: string; readonly error: unknown }[]
}

/** Runs that are claimed together: few at first, so that the first step does not wait for the last run; then twice as many. */
const firstSlice = 64
const largestSlice = 512

/** Takes up the runs that no living process drives. */
export class Recovery {
  readonly #parts: RecoveryParts
  /** Runs that nothing but a repair helps; they stay with this host, so that they are not tried again and again. */
  readonly #given = new Set<string>()
  #recovering: Promise<Recovered> | null = null
  #stopped = false

  constructor(parts: RecoveryParts) {
    this.#parts = parts
  }

  /** Could the run not be taken up here, for good? */
  hasGivenUp(run: string): boolean {
    return this.#given.has(run)
  }

  /** Takes up all of them; a call during another one is that one. */
  all(): Promise<Recovered> {
    this.#recovering ??= this.#all().finally(() => {
      this.#recovering = null
    })
    return this.#recovering
  }

  /** Takes up one that is claimed already: what was out is ordered again. A failure lets go of it. */
  async takeUp(run: string): Promise<void> {
    try {
      await this.#parts.coordinator.command(run, { kind: 'recover' })
    } catch (error) {
      if (toErrorBody(error).retry === 'never') this.#given.add(run)
      else await this.#parts.owners.release(run)
      throw error
    }
  }

  /** Resolves when nothing is being taken up any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#recovering?.catch(() => undefined)
  }

  async #all(): Promise<Recovered> {
    await this.#parts.ownership.sweep()
    const pass: Pass = { failed: [], left: new Set() }
    let runs = 0
    let taking = Promise.resolve(0)
    for (let size = firstSlice; ; size = Math.min(2 * size, largestSlice)) {
      const claimed = this.#stopped ? null : await this.#claimNext(size, pass)
      // While one slice is taken up the next is claimed: neither waits for the other's commits.
      runs += await taking
      if (claimed === null) break
      taking = this.#takeUpAll(claimed, pass)
    }
    return { runs, failed: pass.failed }
  }

  /** Those of the next `size` orphans that are ours now; null when there is no orphan that was not looked at. */
  async #claimNext(size: number, { failed, left }: Pass): Promise<readonly string[] | null> {
    const orphans = await this.#parts.owners.orphans(size + left.size)
    const news = orphans.filter((run) => !left.has(run))
    const claims = await Promise.all(
      news.map((run) =>
        this.#claim(run).catch((error: unknown) => {
          failed.push({ run, error })
          return false
        }),
      ),
    )
    for (const [place, run] of news.entries()) if (!claims[place]) left.add(run)
    return news.length === 0 ? null : news.filter((_, place) => claims[place])
  }

  /** How many of them go on here. */
  async #takeUpAll(runs: readonly string[], { failed, left }: Pass): Promise<number> {
    const taken = await Promise.all(
      runs.map(async (run): Promise<number> => {
        try {
          await this.takeUp(run)
          return 1
        } catch (error) {
          left.add(run)
          failed.push({ run, error })
          return 0
        }
      }),
    )
    return taken.reduce((sum, one) => sum + one, 0)
  }

  /** Paused and blocked runs stay where they are: whoever commands them takes them up. */
  async #claim(run: string): Promise<boolean> {
    const { index, owners, projects } = this.#parts
    const entry = await index.get(run)
    if (entry === null || entry.status === 'paused' || entry.status.startsWith('blocked_')) return false
    if (environmentOf(entry) !== projects.environment) return false
    return await owners.claim(run, null)
  }
}

/** One look for orphans. */
type Pass = {
  readonly failed: { readonly run: string; readonly error: unknown }[]
  /** Orphans that were looked at and stay orphans, so that they do not hide those behind them. */
  readonly left: Set<string>
}
