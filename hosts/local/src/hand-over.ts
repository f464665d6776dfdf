import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { WonderError } from '@wonder/errors'
import type { Clock, Owners, RunIndex } from '@wonder/platform'
import { askHost, hostGone } from './host-client.ts'
import type { RunOrder } from './host-protocol.ts'
import { underLock } from './start-lock.ts'

/** Milliseconds that a `wonder start` which was just spawned may take to show itself. */
const patience = 15_000

export type HandOverParts = {
  readonly owners: Owners
  readonly index: RunIndex
  readonly clock: Clock
  /** Folder where the spawned process writes `start.log`. */
  readonly stateFolder: string
  /** Program and arguments of a process that drives runs until it has been idle for a while. */
  readonly startCommand: readonly [string, ...string[]]
  readonly cwd: string
}

/**
 * Gives a new run to a process that stays, and spawns one when there is none; of several at a time one spawns it.
 *
 * @returns the run's id
 * @throws WonderError `host_not_started` when the spawned process does not come up
 */
export async function handOver(order: RunOrder, parts: HandOverParts): Promise<string> {
  const { clock, stateFolder } = parts
  const taken = await giveToStart(order, parts)
  if (taken !== null) return taken
  return await underLock(join(stateFolder, 'start.lock'), clock, async () => {
    // Whoever had the lock before has spawned one.
    const taken = await giveToStart(order, parts)
    if (taken !== null) return taken
    await spawnStart(parts)
    const until = clock.now() + patience
    for (;;) {
      const run = await giveToStart(order, parts)
      if (run !== null) return run
      if (clock.now() > until) {
        const log = join(stateFolder, 'start.log')
        throw new WonderError(
          'host_not_started',
          `Cannot hand the run over: \`wonder start\` did not come up; see ${log}`,
        )
      }
      await new Promise<void>((resolve) => clock.at(clock.now() + 50, resolve))
    }
  })
}

/** This program again, as a process that drives runs until it has been idle for a minute. */
export function ownStart(folder: string, environment: string | null): readonly [string, ...string[]] {
  const entry = process.argv[1]
  const own = [...process.execArgv, ...(entry === undefined ? [] : [entry])]
  const where = environment === null ? [] : ['--env', environment]
  return [process.execPath, ...own, 'start', '--project', folder, '--idle-exit', '1m', ...where]
}

/** The run's id, or null when no `wonder start` is there that takes it. */
async function giveToStart(order: RunOrder, { owners, index }: HandOverParts): Promise<string | null> {
  for (const host of await owners.hosts()) {
    if (host.role !== 'start') continue
    const answer = await askHost(host, { op: 'start_run', ...order })
    if (typeof answer === 'string') return answer
    // It may have died after the start was on disk and before it could say so.
    if (answer === hostGone && (await index.get(order.run)) !== null) return order.run
  }
  return null
}

async function spawnStart({ startCommand, stateFolder, cwd }: HandOverParts): Promise<void> {
  const [program, ...args] = startCommand
  const log = await open(join(stateFolder, 'start.log'), 'a')
  try {
    const child = spawn(program, args, { detached: true, stdio: ['ignore', log.fd, log.fd], cwd })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (cause) => {
        reject(new WonderError('host_not_started', `Cannot start "${program}": ${cause.message}`, { cause }))
      })
    })
    child.unref()
  } finally {
    await log.close()
  }
}
