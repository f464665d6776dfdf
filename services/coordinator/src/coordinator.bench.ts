/**
 * The coordinator's own share of a linear step: stores, queue and executor do as little as they can.
 * Run: node src/coordinator.bench.ts
 */
import {
  memoryBlobs,
  memoryEventTarget,
  memoryQueue,
  openMemoryStore,
  SimulatedClock,
  scriptedIds,
  scriptedRandom,
} from '@wonder/driver-memory'
import { compilePlan, createRunState, decide, encodeRecord } from '@wonder/engine'
import { LimitsService } from '@wonder/limits'
import { list } from '../test/definitions.ts'
import { Coordinator } from './index.ts'

const steps = 10
const runs = 5_000
const rounds = 5

const definition = list(Array.from({ length: steps }, (_, i) => `n${i}`))
const output = { n: 1, text: 'done' }

/** µs a step of the kernel alone: the decisions and the encoding of their records, one run after the other. */
function kernel(): number {
  const plan = compilePlan(definition, 'sha256:bench')
  const context = { time: 0, blobs: new Map() }
  let written = 0
  const began = performance.now()
  for (let run = 0; run < runs; run++) {
    const state = createRunState(String(run))
    decide(plan, state, [{ kind: 'start', definition: plan.digest, input: {}, env: {}, seed: 1 }], context)
    for (const [token] = state.tokens.values(); token !== undefined && state.ended === null; ) {
      const { id, attempt } = token
      const made = decide(plan, state, [{ kind: 'complete_task', token: id, attempt, output }], context)
      if (made.status === 'decided' && made.record !== null) written += encodeRecord(made.record).length
    }
  }
  if (written === 0) throw new Error('nothing was decided')
  return ((performance.now() - began) * 1_000) / (runs * steps)
}

/** µs a step: `runs` runs, `atOnce` at a time. */
async function round(atOnce: number): Promise<number> {
  const clock = new SimulatedClock()
  const queue = memoryQueue()
  const { runs: store } = openMemoryStore({ clock })
  const coordinator = new Coordinator({
    runs: store,
    blobs: memoryBlobs(),
    queue,
    events: memoryEventTarget(),
    clock,
    ids: scriptedIds(),
    random: scriptedRandom(),
    limits: new LimitsService({ runs: store, clock }),
  })
  const { results } = coordinator
  queue.consume({
    concurrency: 1_000,
    handler: async (message, acknowledge) => {
      const claim = await results.claim(message, 'x')
      acknowledge()
      if (claim.status !== 'granted') return
      await results.report({ ...message, executor: 'x', result: { status: 'completed', output, artifacts: [] } })
    },
  })
  let left = runs
  const drive = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await coordinator.whenResting(await coordinator.start({ definition, input: {} }))
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: atOnce }, drive))
  const spent = performance.now() - began
  coordinator.close()
  return (spent * 1_000) / (runs * steps)
}

const variants = {
  'the kernel alone': async () => kernel(),
  'one run at a time': () => round(1),
  '100 runs at a time': () => round(100),
}
for (const measure of Object.values(variants)) await measure()
for (const [name, measure] of Object.entries(variants)) {
  const times: number[] = []
  for (let i = 0; i < rounds; i++) times.push(await measure())
  times.sort((a, b) => a - b)
  console.log(
    `${name}: ${times[rounds >> 1]?.toFixed(1)} µs a step (${times.map((time) => time.toFixed(1)).join(' ')})`,
  )
}
