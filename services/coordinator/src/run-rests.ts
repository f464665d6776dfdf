import type { RunStatus } from '@wonder/platform'

type Rest = { readonly resolve: (status: RunStatus) => void; readonly reject: (error: unknown) => void }

/** Who waits for runs to rest, by run: they stay although the run is unloaded, or loaded again. */
export class RunRests {
  readonly #rests = new Map<string, Rest[]>()

  wait(run: string): Promise<RunStatus> {
    return new Promise((resolve, reject) => {
      const rests = this.#rests.get(run)
      if (rests === undefined) this.#rests.set(run, [{ resolve, reject }])
      else rests.push({ resolve, reject })
    })
  }

  has(run: string): boolean {
    return this.#rests.has(run)
  }

  resolve(run: string, status: RunStatus): void {
    for (const { resolve } of this.#take(run)) resolve(status)
  }

  reject(run: string, error: unknown): void {
    for (const { reject } of this.#take(run)) reject(error)
  }

  #take(run: string): readonly Rest[] {
    const rests = this.#rests.get(run) ?? []
    this.#rests.delete(run)
    return rests
  }
}
