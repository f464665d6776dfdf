import {
  type Command,
  compilePlan,
  createRunState,
  decide,
  encodeRecord,
  evolveRecord,
  type Plan,
  type RunRecord,
} from '@wonder/engine'
import { linear, linearInput } from './definitions.ts'
import { figureOf } from './figure.ts'
import type { Workload } from './workload.ts'

const steps = 10
const noBlobs = { get: () => undefined, has: () => false }

/** The kernel without anything around it. */
export const kernel: Workload = {
  name: 'kernel',
  title: 'the kernel alone: deciding, encoding and folding a linear step',
  async run({ rounds, quick, progress }) {
    const runs = quick ? 500 : 5_000
    const plan = compilePlan(linear(steps), 'sha256:bench')
    measureRuns(plan, runs)
    const measured: ReturnType<typeof measureRuns>[] = []
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}: ${runs} runs`)
      measured.push(measureRuns(plan, runs))
    }
    const part = (name: keyof ReturnType<typeof measureRuns>) => measured.map((times) => ({ value: times[name] }))
    const about = { workload: 'kernel', unit: 'µs' }
    return [
      figureOf({ ...about, metric: 'decide, a linear step with a condition and a mapping', rounds: part('decide') }),
      figureOf({ ...about, metric: 'encode its record', rounds: part('encode') }),
      figureOf({ ...about, metric: 'fold its record, as a start after a crash does', rounds: part('fold') }),
    ]
  },
}

/** Microseconds a record. */
function measureRuns(plan: Plan, runs: number): { decide: number; encode: number; fold: number } {
  const records: RunRecord[] = []
  let begin = performance.now()
  for (let run = 0; run < runs; run++) {
    const state = createRunState('01J00000000000000000000000')
    let command: Command | null = { kind: 'start', definition: 'sha256:bench', input: linearInput, env: {}, seed: 1 }
    while (command !== null) {
      const decided = decide(plan, state, [command], { time: 1_700_000_000_000, blobs: noBlobs })
      if (decided.status !== 'decided' || decided.record === null) throw new Error('the run does not go on')
      records.push(decided.record)
      const [order] = decided.effects
      command = order?.type === 'dispatch' ? completion(order) : null
    }
  }
  const decideTime = performance.now() - begin
  begin = performance.now()
  let length = 0
  for (const record of records) length += encodeRecord(record).length
  const encodeTime = performance.now() - begin
  if (length === 0) throw new Error('nothing was encoded')
  begin = performance.now()
  let state = createRunState('')
  for (const record of records) {
    if (record.number === 1) state = createRunState('01J00000000000000000000000')
    evolveRecord(plan, state, record)
  }
  const foldTime = performance.now() - begin
  const perRecord = (time: number) => (1_000 * time) / records.length
  return { decide: perRecord(decideTime), encode: perRecord(encodeTime), fold: perRecord(foldTime) }
}

function completion({ token, attempt }: { readonly token: string; readonly attempt: number }): Command {
  return { kind: 'complete_task', token, attempt, output: { value: linearInput.value, step: attempt } }
}
