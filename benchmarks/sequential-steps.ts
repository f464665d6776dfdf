import { assemble } from './assembly.ts'
import { BareStore } from './bare-store.ts'
import { linear, linearInput } from './definitions.ts'
import { figureOf, quantile } from './figure.ts'
import type { Workload } from './workload.ts'

/** One run of ten durable steps at a time: what a step costs when nothing else is going on. */
export const sequentialSteps: Workload = {
  name: 'sequential',
  title: 'one run of ten steps, eleven commits, one after another',
  async run({ folder, rounds, quick, progress }) {
    const each = quick ? 10 : Math.max(40, Math.ceil(200 / rounds))
    const wonder = await assemble(folder)
    const bare = await BareStore.open(folder)
    const definition = linear(10)
    const bodies = await wonder.bodies(await wonder.run(definition, linearInput))
    for (let warm = 0; warm < (quick ? 10 : 100); warm++) await wonder.run(definition, linearInput)

    const measured: { readonly ours: number[]; readonly commits: number[]; readonly syncs: number[] }[] = []
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}: ${each} runs`)
      const times = { ours: [] as number[], commits: [] as number[], syncs: [] as number[] }
      for (let run = 0; run < each; run++) {
        times.commits.push(bare.commits(bodies))
        times.syncs.push(bare.syncs(bodies))
        const begin = performance.now()
        await wonder.run(definition, linearInput)
        times.ours.push(performance.now() - begin)
      }
      measured.push(times)
    }
    bare.close()
    await wonder.close()

    const rows = (share: number, floor: 'commits' | 'syncs') =>
      measured.map((times) => ({ value: quantile(times.ours, share), floor: quantile(times[floor], share) }))
    const about = { workload: 'sequential', unit: 'ms' }
    return [
      figureOf({
        ...about,
        metric: `p50 of a run; floor: ${bodies.length} bare SQLite commits of the same bytes`,
        rounds: rows(0.5, 'commits'),
        budget: { of: 'ratio', most: 1.3 },
      }),
      figureOf({ ...about, metric: 'p95 of a run; floor: p95 of the same commits', rounds: rows(0.95, 'commits') }),
      figureOf({
        ...about,
        metric: `p50 of a run; floor: ${bodies.length} fdatasync of the same bytes, preallocated`,
        rounds: rows(0.5, 'syncs'),
      }),
    ]
  },
}
