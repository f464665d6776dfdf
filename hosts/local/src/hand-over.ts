import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { WonderError } from '@wonder/errors'
import type { Clock, Owners } from '@wonder/platform'
import { askHost, hostGone } from './host-client.ts'
import type { HostRequest } from './host-protocol.ts'

/** Milliseconds that a `wonder start` which was just spawned may take to show itself. */
const patience = 15_000

export type HandOverParts = {
  readonly owners: Owners
  readonly clock: Clock
  /** Folder where the spawned process writes `start.log`. */
  readonly stateFolder: string
  /** Program and arguments of a process that drives runs until it has been idle for a while. */
  readonly startCommand: readonly [string, ...string[]]
  readonly cwd: string
}

/**
 * Gives a new run to a process that stays, and spawns one when there is none.
 *
 * @returns the run's id
 * @throws WonderError `host_not_started` when the spawned process does not come up
 */
export async function handOver(
  order: Extract<HostRequest, { op: 'start_run' }>,
  parts: HandOverParts,
): Promise<string> {
  const { owners, clock } = parts
  const present = await askStart(order, owners)
  if (present !== null) return present
  await spawnStart(parts)
  const until = clock.now() + patience
  for (;;) {
    const run = await askStart(order, owners)
    if (run !== null) return run
    if (clock.now() > until) {
      const log = join(parts.stateFolder, 'start.log')
      throw new WonderError(
        'host_not_started',
        `Cannot hand the run over: \`wonder start\` did not come up; see ${log}`,
      )
    }
    await new Promise<void>((resolve) => clock.at(clock.now() + 50, resolve))
  }
}

/** The run's id, or null when no `wonder start` is alive. */
async function askStart(order: HostRequest, owners: Owners): Promise<string | null> {
  for (const host of await owners.hosts()) {
    if (host.role !== 'start') continue
    const answer = await askHost(host.address, order)
    if (answer !== hostGone) return String(answer)
  }
  return null
}

async function spawnStart({ startCommand, stateFolder, cwd }: HandOverParts): Promise<void> {
  const [program, ...args] = startCommand
  const log = await open(join(stateFolder, 'start.log'), 'a')
  try {
    spawn(program, args, { detached: true, stdio: ['ignore', log.fd, log.fd], cwd }).unref()
  } finally {
    await log.close()
  }
}
