import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { assemble } from './assembly.ts'
import { loop } from './definitions.ts'
import { type Figure, figureOf, median } from './figure.ts'
import type { Workload } from './workload.ts'

type Life = {
  readonly early: number
  readonly late: number
  readonly heap: readonly [number, number]
  readonly disk: Disk
}
type Disk = { readonly journal: number; readonly segments: number }

/** One run that goes round and round: that neither time nor memory grows, and what it leaves on disk. */
export const longLife: Workload = {
  name: 'long-life',
  title: 'a loop of 20,000 rounds in one run (1,000,000 with --full): last cost, heap and disk against first',
  async run({ folder, rounds, quick, full, progress }) {
    const length = quick ? 3_000 : full ? 1_000_000 : 20_000
    const lives: Life[] = []
    for (let round = 1; round <= (full ? 1 : Math.min(rounds, 2)); round++) {
      progress(`round ${round}: ${length} iterations`)
      lives.push(await live(join(folder, `round-${round}`), length))
    }
    const about = { workload: 'long-life' }
    const name = `${length} iterations`
    const figures: Figure[] = [
      figureOf({
        ...about,
        metric: `median of the last 1,000 of ${name}; floor: its first`,
        unit: 'µs',
        rounds: lives.map(({ early, late }) => ({ value: late, floor: early })),
        budget: { of: 'ratio', most: 1.1 },
      }),
      figureOf({
        ...about,
        metric: `heap after ${name}; floor: after a tenth of them`,
        unit: 'MB',
        rounds: lives.map(({ heap: [first, last] }) => ({ value: last / 1e6, floor: first / 1e6 })),
        budget: { of: 'ratio', most: 1.2 },
      }),
      figureOf({
        ...about,
        metric: `segments on disk, an iteration`,
        unit: 'bytes',
        rounds: lives.map(({ disk }) => ({ value: disk.segments / length })),
      }),
      figureOf({
        ...about,
        metric: `the store's files after ${name}`,
        unit: 'MB',
        rounds: lives.map(({ disk }) => ({ value: disk.journal / 1e6 })),
      }),
    ]
    return figures
  },
}

async function live(folder: string, length: number): Promise<Life> {
  await mkdir(folder)
  const first: number[] = []
  const last: number[] = []
  const heap: [number, number] = [0, 0]
  let appended = 0
  let before = performance.now()
  const wonder = await assemble(folder, {
    onAppended: () => {
      const now = performance.now()
      appended += 1
      if (appended > 100 && appended <= 1_100) first.push(now - before)
      if (appended > length - 1_000) last.push(now - before)
      if (appended === Math.floor(length / 10)) heap[0] = heapUsed()
      before = performance.now()
    },
  })
  await wonder.run(loop(length), { value: 'x'.repeat(100) })
  await wonder.archived()
  heap[1] = heapUsed()
  await wonder.close()
  const segments = await sizeOf(join(folder, 'blobs'))
  const all = await sizeOf(folder)
  await rm(folder, { recursive: true })
  const disk = { segments, journal: all - segments }
  return { early: 1_000 * median(first), late: 1_000 * median(last), heap, disk }
}

/** Bytes that are reachable. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
