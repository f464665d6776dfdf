import { type Assembly, assemble } from './assembly.ts'
import { BareStore } from './bare-store.ts'
import { linear, linearInput } from './definitions.ts'
import { figureOf } from './figure.ts'
import type { Workload } from './workload.ts'

const steps = 10
const group = 100
const definition = linear(steps)

/** Many runs at once: how many durable steps a second one process makes. */
export const runsInFlight: Workload = {
  name: 'in-flight',
  title: '1,000 runs of ten steps, 100 at a time',
  async run({ folder, rounds, quick, progress }) {
    const runs = quick ? 200 : 1_000
    const wonder = await assemble(folder)
    const bare = await BareStore.open(folder)
    const bodies = await wonder.bodies(await wonder.run(definition, linearInput))
    await inFlight(wonder, runs)
    bare.runs(runs, group, bodies)

    const measured: { readonly value: number; readonly floor: number }[] = []
    const main: { readonly value: number }[] = []
    const all: { readonly value: number }[] = []
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}: ${runs} runs`)
      const floor = (runs * steps * 1_000) / bare.runs(runs, group, bodies)
      const thread = process.threadCpuUsage()
      const whole = process.cpuUsage()
      const value = (runs * steps * 1_000) / (await inFlight(wonder, runs))
      measured.push({ value, floor })
      main.push({ value: total(process.threadCpuUsage(thread)) / (runs * steps) })
      all.push({ value: total(process.cpuUsage(whole)) / (runs * steps) })
    }
    bare.close()
    await wonder.close()
    return [
      figureOf({
        workload: 'in-flight',
        metric: `steps, ${group} runs at a time; floor: SQLite alone writing the same rows, ${group} records a commit`,
        unit: '1/s',
        rounds: measured,
        budget: { of: 'ratio', least: 0.3 },
      }),
      figureOf({
        workload: 'in-flight',
        metric: 'processor time of the main thread, a step',
        unit: 'µs',
        rounds: main,
      }),
      figureOf({ workload: 'in-flight', metric: 'processor time of all threads, a step', unit: 'µs', rounds: all }),
    ]
  },
}

function total({ user, system }: { readonly user: number; readonly system: number }): number {
  return user + system
}

async function inFlight(wonder: Assembly, runs: number): Promise<number> {
  let left = runs
  const begin = performance.now()
  await Promise.all(
    Array.from({ length: group }, async () => {
      while (left-- > 0) await wonder.run(definition, linearInput)
    }),
  )
  return performance.now() - begin
}
