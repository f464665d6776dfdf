import { definitionKey } from '@wonder/coordinator'
import { type Definition, decodeRecord, type RunRecord } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Blobs, RunStore } from '@wonder/platform'

const pageSize = 1_000

/** Reads runs without driving them: their records and the definition they follow. */
export class RunJournal {
  readonly #runs: RunStore
  readonly #blobs: Blobs

  constructor(runs: RunStore, blobs: Blobs) {
    this.#runs = runs
    this.#blobs = blobs
  }

  async records(run: string, after: number): Promise<readonly RunRecord[]> {
    const records: RunRecord[] = []
    for (let last = after; ; ) {
      const page = await this.#runs.read({ kind: 'run', id: run }, { after: last, limit: pageSize })
      for (const { number, body } of page) records.push(decodeRecord(run, number, body))
      if (page.length < pageSize) return records
      last = records[records.length - 1]?.number ?? last
    }
  }

  /** @throws WonderError `run_not_found`, `store_corrupt` */
  async definition(run: string): Promise<Definition> {
    const [first] = await this.#runs.read({ kind: 'run', id: run }, { after: 0, limit: 1 })
    if (first === undefined)
      throw new WonderError('run_not_found', `Cannot find run "${run}": this project has no such run`)
    const [event] = decodeRecord(run, first.number, first.body).events
    if (event?.type !== 'run_started') {
      throw new WonderError('store_corrupt', `Cannot read run "${run}": its first record does not start it`)
    }
    const bytes = await this.#blobs.get(definitionKey(event.definition))
    if (bytes === null) {
      throw new WonderError('store_corrupt', `Cannot read run "${run}": its definition ${event.definition} is missing`)
    }
    return JSON.parse(new TextDecoder().decode(bytes)) as Definition
  }
}
