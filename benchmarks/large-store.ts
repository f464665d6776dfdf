import { systemClock } from '@wonder/driver-process'
import { openSqliteStore } from '@wonder/driver-sqlite'
import type { RunStore } from '@wonder/platform'

export type Filling = {
  readonly file: string
  /** Records of a run that has ended. */
  readonly bodies: readonly string[]
  readonly runs: number
  /** Of these so many are in the middle, after four records, and nobody drives them. */
  readonly open: number
  readonly progress: (text: string) => void
}

/** Records of a run in the middle. */
const middle = 4
/** Of the runs that have ended one in so many still has its whole journal; of the others its last record is left. */
const whole = 10
const together = 2_000

/** Fills a store with copies of one run, as many days of work would. */
export async function fillStore({ file, bodies, runs, open, progress }: Filling): Promise<void> {
  const clock = systemClock()
  const store = await openSqliteStore({ file, host: 'GONE', clock, early: 'thread' })
  const wake = clock.now() + 60_000
  for (let first = 0; first < runs; first += together) {
    if (first % 50_000 === 0) progress(`a store of ${runs} runs: ${first}`)
    const group = Array.from({ length: Math.min(together, runs - first) }, (_, place) => first + place)
    await Promise.all(group.map((run) => addRun(store.runs, { run, bodies, wake: run < runs - open ? null : wake })))
  }
  await store.close()
}

async function addRun(
  store: RunStore,
  { run, bodies, wake }: { readonly run: number; readonly bodies: readonly string[]; readonly wake: number | null },
): Promise<void> {
  const id = `01J${String(run).padStart(23, '0')}`
  const kept = wake !== null ? bodies.slice(0, middle) : run % whole === 0 ? bodies : bodies.slice(-1)
  const time = 1_700_000_000_000 + run
  await store.append({
    entity: { kind: 'run', id },
    expected: 0,
    records: kept.map((body, index) => ({ number: index + 1, body })),
    wake,
    index: {
      id,
      workflow: 'quick',
      project: 'bench',
      status: wake === null ? 'completed' : 'running',
      parent: null,
      created: time,
      updated: time,
      ended: wake === null ? time : null,
      tags: [],
    },
  })
}
