import { assemble } from './assembly.ts'
import { BareStore } from './bare-store.ts'
import { eachItem, itemsInput } from './definitions.ts'
import { type Figure, figureOf } from './figure.ts'
import type { Workload } from './workload.ts'

/** One run with many branches and their join: that the cost of a branch does not grow with their number. */
export const fanOut: Workload = {
  name: 'fan-out',
  title: 'fan-out and join of 1,000, 10,000 and 100,000 branches',
  async run({ folder, rounds, quick, progress }) {
    const sizes = quick ? [100, 1_000] : [1_000, 10_000, 100_000]
    const bare = await BareStore.open(folder)
    const ways = [
      { name: '8 workers', definition: eachItem(8) },
      { name: 'unlimited', definition: eachItem(null) },
    ].flatMap((way) =>
      sizes.map((size) => ({
        ...way,
        size,
        times: [] as number[],
        moves: [] as number[],
        floors: [] as number[],
        peak: 0,
      })),
    )
    ways.sort((a, b) => a.size - b.size)
    const wonder = await assemble(folder)
    for (const { definition } of ways.slice(0, 2)) {
      for (let warm = 0; warm < 5; warm++) await wonder.run(definition, itemsInput(sizes[0] ?? 0))
    }
    for (let round = 1; round <= rounds; round++) {
      for (const way of ways) {
        progress(`round ${round} of ${rounds}: ${way.size} branches, ${way.name}`)
        const input = itemsInput(way.size)
        const begin = performance.now()
        const run = await wonder.run(way.definition, input)
        const end = performance.now()
        way.times.push(end - begin)
        // What is left to do behind a long run is told apart, and is not charged to the next one.
        await wonder.archived()
        way.moves.push(performance.now() - end)
        // The maximum of the process only grows: the first round, from small to large, tells it for each size.
        if (round === 1) way.peak = process.resourceUsage().maxRSS / 1_024
        way.floors.push(bare.commits(await wonder.bodies(run)))
      }
    }
    await wonder.close()
    bare.close()

    const figures: Figure[] = []
    for (const way of ways) {
      const about = { workload: 'fan-out', metric: `${way.size} branches, ${way.name}` }
      const rounds = way.times.map((value, round) => ({ value, floor: way.floors[round] ?? Number.NaN }))
      // With 8 workers 125 commits follow one another: their floor alone is about the budget.
      const judged = way.size === 1_000 && way.name === 'unlimited'
      const budget = judged ? { budget: { of: 'value', most: 20 } as const } : {}
      const metric = `${about.metric}; floor: a bare commit for each of its records`
      figures.push(figureOf({ ...about, metric, unit: 'ms', rounds, ...budget }))
      figures.push(
        figureOf({ ...about, metric: `${about.metric}: memory at most`, unit: 'MB', rounds: [{ value: way.peak }] }),
      )
    }
    for (const { moves, name } of ways.filter(({ size }) => size === 100_000)) {
      const metric = `100,000 branches, ${name}: to move its records to segments after it`
      const rounds = moves.map((value) => ({ value }))
      figures.push(figureOf({ workload: 'fan-out', metric, unit: 'ms', rounds }))
    }
    for (const large of ways.filter(({ size }) => size === 100_000)) {
      const small = ways.find(({ size, name }) => size === 10_000 && name === large.name)
      const about = { workload: 'fan-out', unit: 'ms' }
      const rounds = large.times.map((value, round) => ({ value, floor: small?.times[round] ?? Number.NaN }))
      const metric = `100,000 branches, ${large.name}; floor: 10,000 of them`
      figures.push(figureOf({ ...about, metric, rounds, budget: { of: 'ratio', most: 12 } }))
      // A neighbour that disturbs the small one alone flatters a round, but not this.
      const best = [{ value: Math.min(...large.times), floor: Math.min(...(small?.times ?? [])) }]
      figures.push(figureOf({ ...about, metric: `${metric}, the best of each`, rounds: best }))
    }
    return figures
  },
}
