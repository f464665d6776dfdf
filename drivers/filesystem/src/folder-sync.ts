import { open } from 'node:fs/promises'

type Round = { readonly done: Promise<void>; started: boolean }

/**
 * Makes renames durable: fsync of their folders, one for all that ask while none has begun.
 * A caller is only given a sync that begins after its call, because an earlier one may have missed its rename.
 */
export class FolderSync {
  readonly #rounds = new Map<string, Round>()

  sync(folder: string): Promise<void> {
    const latest = this.#rounds.get(folder)
    if (latest !== undefined && !latest.started) return latest.done
    const round: Round = { started: false, done: this.#run(folder, latest?.done, () => this.#begin(round)) }
    this.#rounds.set(folder, round)
    const forget = () => {
      if (this.#rounds.get(folder) === round) this.#rounds.delete(folder)
    }
    round.done.then(forget, forget)
    return round.done
  }

  #begin(round: Round): void {
    round.started = true
  }

  async #run(folder: string, earlier: Promise<void> | undefined, begin: () => void): Promise<void> {
    // Whoever asked for the earlier one hears of its failure.
    await earlier?.catch(() => {})
    const handle = await open(folder, 'r')
    try {
      begin()
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}
