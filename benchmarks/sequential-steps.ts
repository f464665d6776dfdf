import { setTimeout } from 'node:timers/promises'
import { assemble } from './assembly.ts'
import { BareStore } from './bare-store.ts'
import { linear, linearInput } from './definitions.ts'
import { figureOf, quantile } from './figure.ts'
import type { Workload } from './workload.ts'

/** Runs that follow one another before their floors are measured again. */
const inRow = 10
/** Milliseconds of rest before a run that comes alone. */
const restTime = 20

type Times = {
  readonly ours: number[]
  readonly commits: number[]
  readonly syncs: number[]
  readonly rested: number[]
  readonly restedCommits: number[]
}

/** One run of ten durable steps at a time: what a step costs when nothing else is going on. */
export const sequentialSteps: Workload = {
  name: 'sequential',
  title: 'one run of ten steps, eleven commits, one after another',
  async run({ folder, rounds, quick, progress }) {
    const each = quick ? 10 : Math.max(40, Math.ceil(200 / rounds / inRow) * inRow)
    const wonder = await assemble(folder)
    const bare = await BareStore.open(folder)
    const definition = linear(10)
    const bodies = await wonder.bodies(await wonder.run(definition, linearInput))
    for (let warm = 0; warm < (quick ? 10 : 100); warm++) await wonder.run(definition, linearInput)
    const timed = async () => {
      const begin = performance.now()
      await wonder.run(definition, linearInput)
      return performance.now() - begin
    }

    const measured: Times[] = []
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}: ${each} runs`)
      const times: Times = { ours: [], commits: [], syncs: [], rested: [], restedCommits: [] }
      for (let run = 0; run < each; run += inRow) {
        for (let place = 0; place < inRow; place++) times.commits.push(bare.commits(bodies))
        for (let place = 0; place < inRow; place++) times.syncs.push(bare.syncs(bodies))
        for (let place = 0; place < inRow; place++) times.ours.push(await timed())
      }
      measured.push(times)
    }
    // Apart, because a machine that has rested stays slower for a while: its kernel keeps all threads on one core.
    for (const [round, times] of measured.entries()) {
      progress(`round ${round + 1} of ${rounds}: ${each / 4} runs after a rest`)
      for (let run = 0; run < each / 4; run++) {
        await setTimeout(restTime)
        times.restedCommits.push(bare.commits(bodies))
        await setTimeout(restTime)
        times.rested.push(await timed())
      }
    }
    bare.close()
    await wonder.close()

    const rows = (value: keyof Times, floor: keyof Times, share: number) =>
      measured.map((times) => ({ value: quantile(times[value], share), floor: quantile(times[floor], share) }))
    const about = { workload: 'sequential', unit: 'ms' }
    return [
      figureOf({
        ...about,
        metric: `p50 of a run; floor: ${bodies.length} bare SQLite commits of the same bytes`,
        rounds: rows('ours', 'commits', 0.5),
        budget: { of: 'ratio', most: 1.3 },
      }),
      figureOf({
        ...about,
        metric: 'p95 of a run; floor: p95 of the same commits',
        rounds: rows('ours', 'commits', 0.95),
      }),
      figureOf({
        ...about,
        metric: `p50 of a run; floor: ${bodies.length} fdatasync of the same bytes, preallocated`,
        rounds: rows('ours', 'syncs', 0.5),
      }),
      figureOf({
        ...about,
        metric: `p50 of a run after ${restTime} ms of rest; floor: the same commits after the same rest`,
        rounds: rows('rested', 'restedCommits', 0.5),
      }),
    ]
  },
}
