import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Assembly, assemble } from './assembly.ts'
import { sleeping, waiting } from './definitions.ts'
import { figureOf } from './figure.ts'
import type { Workload } from './workload.ts'

const timers = 1_000
/** The timers are due within so many ms. */
const span = 2_000
const group = 200

/** Timers and waits: how late a timer fires, and what a run costs that waits. */
export const timerPrecision: Workload = {
  name: 'timers',
  title: '1,000 timers, and 10,000 runs that wait (100,000 with --full)',
  async run({ folder, rounds, quick, full, progress }) {
    const wonder = await assemble(folder)
    const late: { readonly wonder: Late; readonly bare: Late }[] = []
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}: ${timers} timers within ${span / 1_000} s`)
      late.push({ bare: await bareLateness(), wonder: await lateness(wonder) })
    }
    const runs = quick ? 1_000 : full ? 100_000 : 10_000
    progress(`${runs} runs that wait`)
    const cost = await waits(wonder, folder, runs)
    await wonder.close()
    const about = { workload: 'timers' }
    const of = `${runs.toLocaleString('en')} runs that wait`
    return [
      figureOf({
        ...about,
        metric: 'a timer fires late, p50; floor: setTimeout',
        unit: 'ms',
        rounds: late.map(({ wonder: { p50 }, bare }) => ({ value: p50, floor: bare.p50 })),
      }),
      figureOf({
        ...about,
        metric: 'a timer fires late, p99; floor: setTimeout',
        unit: 'ms',
        rounds: late.map(({ wonder: { p99 }, bare }) => ({ value: p99, floor: bare.p99 })),
        budget: { of: 'value', most: 50 },
      }),
      figureOf({ ...about, metric: `heap of each of ${of}`, unit: 'bytes', rounds: [{ value: cost.heap }] }),
      figureOf({
        ...about,
        metric: `disk of each of ${of}, beyond its journal`,
        unit: 'bytes',
        rounds: [{ value: cost.disk }],
        budget: { of: 'value', most: 1_024 },
      }),
      figureOf({ ...about, metric: `a signal wakes one of ${of}, to its end`, unit: 'ms', rounds: cost.wakes }),
    ]
  },
}

/** From the time of each timer to when its run is known to have ended: one commit is in it. */
function lateness(wonder: Assembly): Promise<Late> {
  return lateBy((at) => wonder.run(sleeping, { at }))
}

/** What the machine itself makes of as many timers. */
function bareLateness(): Promise<Late> {
  return lateBy((at) => new Promise((resolve) => setTimeout(resolve, at - Date.now())))
}

type Late = { readonly p50: number; readonly p99: number }

async function lateBy(reach: (at: number) => Promise<unknown>): Promise<Late> {
  const begin = Date.now() + 3_000
  const late: number[] = []
  await Promise.all(
    Array.from({ length: timers }, async (_, index) => {
      const at = begin + Math.floor((index * span) / timers)
      await reach(at)
      late.push(performance.timeOrigin + performance.now() - at)
    }),
  )
  late.sort((a, b) => a - b)
  return { p50: late[Math.floor(timers / 2)] ?? 0, p99: late[Math.floor(timers * 0.99)] ?? 0 }
}

async function waits(wonder: Assembly, folder: string, runs: number) {
  const before = { heap: heapUsed(), disk: await sizeOf(folder) }
  const ids: string[] = []
  let journal = 0
  let left = runs
  await Promise.all(
    Array.from({ length: group }, async () => {
      while (left-- > 0) ids.push(await wonder.start(waiting, { order: left }))
    }),
  )
  for (const id of ids.slice(0, 100)) for (const body of await wonder.bodies(id)) journal += body.length / 100
  const heap = (heapUsed() - before.heap) / runs
  const disk = ((await sizeOf(folder)) - before.disk) / runs - journal
  const wakes: { readonly value: number }[] = []
  for (let index = 0; index < 50; index++) {
    const id = ids[Math.floor((index * runs) / 50)] ?? ''
    const start = performance.now()
    await wonder.command(id, { kind: 'signal', name: 'go', payload: index })
    wakes.push({ value: performance.now() - start })
  }
  return { heap, disk, wakes }
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = await Promise.all(
    ['wonder.db', 'wonder.db-wal'].map(async (name) => (await stat(join(folder, name)).catch(() => null))?.size ?? 0),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let i = 0; i < 3; i++) collect()
  return process.memoryUsage().heapUsed
}
