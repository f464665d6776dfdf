import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { assemble } from './assembly.ts'
import { BareStore } from './bare-store.ts'
import { eachItem, itemsInput } from './definitions.ts'
import { type Figure, figureOf, median } from './figure.ts'
import type { Workload } from './workload.ts'

const definition = eachItem(1)

/** One run with very many steps one after another: that a step costs the same whatever lies behind it. */
export const longRun: Workload = {
  name: 'long-run',
  title: 'one run of 10,000 steps: its last steps against its first',
  async run({ folder, rounds, quick, full, progress }) {
    const figures: Figure[] = []
    for (const steps of quick ? [2_000] : full ? [10_000, 100_000] : [10_000]) {
      const medians: { readonly value: number; readonly floor: number }[] = []
      const means: { readonly value: number; readonly floor: number }[] = []
      const disks: { readonly value: number; readonly floor: number }[] = []
      for (let round = 1; round <= rounds; round++) {
        progress(`round ${round} of ${rounds}: ${steps} steps`)
        const { times, disk } = await timesOfSteps(join(folder, `round-${steps}-${round}`), steps)
        const early = times.slice(10, 1_000)
        const late = times.slice(-1_000)
        medians.push({ value: 1_000 * median(late), floor: 1_000 * median(early) })
        means.push({ value: 1_000 * mean(late), floor: 1_000 * mean(early) })
        disks.push({ value: 1_000 * disk.after, floor: 1_000 * disk.before })
      }
      const name = `the last 1,000 of ${steps} steps; floor: its steps 10 to 1,000`
      const about = { workload: 'long-run', unit: 'µs' }
      const budget = { of: 'ratio', most: 1.1 } as const
      figures.push(figureOf({ ...about, metric: `median of ${name}`, rounds: medians, budget }))
      figures.push(figureOf({ ...about, metric: `mean of ${name}`, rounds: means }))
      figures.push(figureOf({ ...about, metric: 'a bare commit after the run; floor: before it', rounds: disks }))
    }
    return figures
  },
}

/** Milliseconds from each record of a run to the next, and of bare commits before and after it: the disk changes too. */
async function timesOfSteps(folder: string, steps: number) {
  await mkdir(folder)
  const bare = await BareStore.open(folder)
  const bytes = Array.from({ length: 200 }, () => 'x'.repeat(400))
  const ends: number[] = []
  const wonder = await assemble(folder, { onAppended: () => ends.push(performance.now()) })
  await wonder.run(definition, itemsInput(500))
  ends.length = 0
  bare.commits(bytes)
  const before = bare.commits(bytes) / bytes.length
  await wonder.run(definition, itemsInput(steps))
  const after = bare.commits(bytes) / bytes.length
  await wonder.close()
  bare.close()
  await rm(folder, { recursive: true })
  return { times: ends.slice(1).map((end, index) => end - (ends[index] ?? 0)), disk: { before, after } }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
