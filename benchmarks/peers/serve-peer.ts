import { createInterface } from 'node:readline'

/** A durable engine in this process, or behind it. What it resolves with is on disk. */
export type PeerEngine = {
  /** One workflow of ten trivial steps, from its start to its end. */
  run(): Promise<void>
  /** One workflow of so many parallel trivial steps and their join. */
  fanOut(branches: number): Promise<void>
  close(): Promise<void>
}

/** What is measured; `size` counts workflows in `single` and `flight`, branches in `fan`. */
export type PeerRound = { readonly round: 'single' | 'flight' | 'fan'; readonly size: number }

/** A line on stdin, answered by one `ready`, `value` or `failed`. The end of stdin ends the process. */
export type PeerRequest = { readonly prepare: true } | PeerRound

/** A line on stdout; `value` is milliseconds, in `flight` steps a second. Lines that are not JSON are the engine's own. */
export type PeerAnswer =
  | { readonly ready: true }
  | { readonly value: number }
  | { readonly failed: string }
  | { readonly server: number }

/** Steps of a workflow, and workflows in flight: those of the workloads `sequential` and `in-flight`. */
export const peerSteps = 10
const inFlight = 100

export function tell(answer: PeerAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

/** Makes this process one engine that `peer-process.ts` asks. `modules` has its packages, `folder` is for its data. */
export async function servePeer(open: (modules: string, folder: string) => Promise<PeerEngine>): Promise<void> {
  const [, , modules, folder] = process.argv
  if (modules === undefined || folder === undefined) throw new Error('started by benchmarks/main.ts --peers')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  let engine: PeerEngine | undefined
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const request = JSON.parse(line) as PeerRequest
      engine ??= await open(modules, folder)
      if ('prepare' in request) {
        for (const round of ['single', 'flight', 'fan'] as const) await measure(engine, { round, size: 100 })
        tell({ ready: true })
      } else tell({ value: await measure(engine, request) })
    } catch (error) {
      tell({ failed: error instanceof Error ? error.message : String(error) })
    }
  }
  await engine?.close()
  process.exit(0)
}

async function measure(engine: PeerEngine, { round, size }: PeerRound): Promise<number> {
  const times: number[] = []
  const timed = async (work: Promise<void>) => {
    const begin = performance.now()
    await work
    return performance.now() - begin
  }
  if (round === 'fan') return timed(engine.fanOut(size))
  if (round === 'flight') return (size * peerSteps * 1_000) / (await timed(fly(engine, size)))
  for (let run = 0; run < size; run++) times.push(await timed(engine.run()))
  return times.toSorted((a, b) => a - b)[Math.floor(size / 2)] ?? Number.NaN
}

async function fly(engine: PeerEngine, size: number): Promise<void> {
  let left = size
  const one = async () => {
    while (left-- > 0) await engine.run()
  }
  await Promise.all(Array.from({ length: inFlight }, one))
}
