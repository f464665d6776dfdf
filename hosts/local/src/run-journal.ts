import { decodeFirst, definitionKey, JournalHistory } from '@wonder/coordinator'
import { type Definition, decodeRecord, openSnapshot, type RunRecord } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Blobs, RunStore } from '@wonder/platform'

/** Reads runs without driving them: their records, archived ones too, and the definition they follow. */
export class RunJournal {
  readonly #runs: RunStore
  readonly #blobs: Blobs

  constructor(runs: RunStore, blobs: Blobs) {
    this.#runs = runs
    this.#blobs = blobs
  }

  async records(run: string, after: number): Promise<readonly RunRecord[]> {
    const records: RunRecord[] = []
    const history = new JournalHistory(this.#runs, this.#blobs)
    for await (const { number, body } of history.records(run, { after })) records.push(decodeRecord(run, number, body))
    return records
  }

  /** @throws WonderError `run_not_found`, `store_corrupt` */
  async definition(run: string): Promise<Definition> {
    const digest = await this.#definitionDigest(run)
    const bytes = await this.#blobs.get(definitionKey(digest))
    if (bytes === null) {
      throw new WonderError('store_corrupt', `Cannot read run "${run}": its definition ${digest} is missing`)
    }
    return JSON.parse(new TextDecoder().decode(bytes)) as Definition
  }

  async #definitionDigest(run: string): Promise<string> {
    const entity = { kind: 'run', id: run } as const
    const snapshot = await this.#runs.snapshot(entity)
    if (snapshot !== null) return openSnapshot(run, snapshot.chunks).definition
    const [first] = await this.#runs.read(entity, { after: 0, limit: 1 })
    if (first === undefined)
      throw new WonderError('run_not_found', `Cannot find run "${run}": this project has no such run`)
    return decodeFirst(run, first).definition
  }
}
