import type { Coordinator } from '@wonder/coordinator'
import { toErrorBody } from '@wonder/errors'
import type { Owners, RunIndex } from '@wonder/platform'
import type { Ownership } from './ownership.ts'
import type { ProjectLoader } from './project-loader.ts'
import { environmentOf } from './run-environment.ts'

export type RecoveryParts = {
  readonly ownership: Ownership
  readonly owners: Owners
  readonly index: RunIndex
  readonly coordinator: Coordinator
  readonly projects: Pick<ProjectLoader, 'environment'>
}

export type Recovered = {
  /** How many runs were taken up. */
  readonly runs: number
  /** Runs that could not be, such as those with a damaged journal; each is told once. */
  readonly failed: readonly { readonly run: string; readonly error: unknown }[]
}

/** Runs that are taken up at a time, so that the first step does not wait for the last run. */
const slice = 64

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
    const failed: { readonly run: string; readonly error: unknown }[] = []
    let runs = 0
    while (!this.#stopped) {
      const orphans = await this.#parts.owners.orphans(slice)
      const taken = await Promise.all(
        orphans.map((run) =>
          this.#claimed(run).catch((error: unknown) => {
            failed.push({ run, error })
            return false
          }),
        ),
      )
      const count = taken.filter(Boolean).length
      runs += count
      if (orphans.length < slice || count === 0) break
    }
    return { runs, failed }
  }

  /** Paused and blocked runs stay where they are: whoever commands them takes them up. */
  async #claimed(run: string): Promise<boolean> {
    const { index, owners, projects } = this.#parts
    const entry = await index.get(run)
    if (entry === null || entry.status === 'paused' || entry.status.startsWith('blocked_')) return false
    if (environmentOf(entry) !== projects.environment) return false
    if (!(await owners.claim(run, null))) return false
    await this.takeUp(run)
    return true
  }
}
