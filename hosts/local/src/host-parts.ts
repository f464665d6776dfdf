/** Putting the parts together: the one place where services meet drivers. */
import { join } from 'node:path'
import { CacheService } from '@wonder/cache'
import { Coordinator } from '@wonder/coordinator'
import { denoToolRuntime } from '@wonder/driver-deno'
import { fileBlobs } from '@wonder/driver-filesystem'
import { memoryEventTarget, memoryQueue } from '@wonder/driver-memory'
import { nodeNet, processSandbox, projectFiles, systemClock, systemRandom, ulidIds } from '@wonder/driver-process'
import { openSqliteLogStore, openSqliteStore } from '@wonder/driver-sqlite'
import { WonderError } from '@wonder/errors'
import { createExecutor } from '@wonder/executor'
import { LimitsService } from '@wonder/limits'
import type { Blobs } from '@wonder/platform'
import { Ownership } from './ownership.ts'
import { ProjectLoader } from './project-loader.ts'
import { Reach } from './reach.ts'
import { Recovery } from './recovery.ts'
import { Retention } from './retention.ts'
import { RunIntake, toolKey } from './run-intake.ts'
import { RunJournal } from './run-journal.ts'
import type { StateFolder } from './state-folder.ts'

export type HostPartsOptions = {
  /** The project's folder, absolute. */
  readonly folder: string
  readonly state: StateFolder
  readonly environment: string | undefined
  readonly isolation: 'auto' | 'none'
}

export type HostParts = Awaited<ReturnType<typeof openHostParts>>

/** @throws WonderError `store_unavailable`, `store_corrupt`, `store_too_new`, `store_full` */
export async function openHostParts({ folder, state, environment, isolation }: HostPartsOptions) {
  const clock = systemClock()
  const ids = ulidIds()
  const id = ids.runId()
  const store = await openSqliteStore({ file: state.database, host: id, clock })
  const { runs, index, owners } = store
  const logs = openSqliteLogStore({ file: state.logs })
  const blobs = fileBlobs({ root: state.blobs })
  const events = memoryEventTarget()
  const sandbox = processSandbox({ host: id, stateDir: state.root, isolation })
  const tools = denoToolRuntime({ cacheDir: join(state.cache, 'tools') })
  const net = nodeNet()
  const projects = new ProjectLoader({ folder, tools, environment })
  const queue = memoryQueue()
  const limits = new LimitsService({ runs, clock })
  const reach = new Reach()
  const cache = new CacheService({ blobs, clock })
  const coordinator = new Coordinator({
    runs,
    blobs,
    queue,
    events,
    clock,
    ids,
    random: systemRandom(),
    limits,
    reach: (run, command) => reach.neighbours.tell(run, command),
    isOurs: (run) => reach.neighbours.isOurs(run),
    cache,
    envOf: (definition) => projects.envOf(definition),
    tasksEnv: async () => (await projects.settings()).env,
  })
  const executor = createExecutor({
    id,
    queue,
    results: coordinator.results,
    definition: async (digest) => {
      // `env` is read while tasks run, and a process that took up a run has not loaded the project.
      await projects.settings()
      return (await coordinator.definitions.plan(digest)).definition
    },
    tools,
    toolCode: (digest) => toolCode(blobs, digest),
    sandbox,
    net,
    files: projectFiles(folder),
    blobs,
    secrets: { get: async (name) => (await projects.settings()).secrets.get(name) },
    env: () => projects.env,
    logs,
    events,
    clock,
  })
  const ownership = new Ownership({ owners, sandbox, host: id })
  return {
    id,
    clock,
    ids,
    index,
    owners,
    logs,
    blobs,
    events,
    sandbox,
    journal: new RunJournal(runs, blobs),
    projects,
    coordinator,
    cache,
    limits,
    reach,
    executor,
    ownership,
    retention: new Retention({ retention: store.retention, index, blobs, logs, clock }),
    recovery: new Recovery({ ownership, owners, index, coordinator, projects }),
    intake: new RunIntake({ blobs, coordinator, projects }),
    /** Lets go of files, processes and connections, whatever fails on the way. */
    async close(): Promise<void> {
      await Promise.allSettled([store.close(), logs.close(), tools.close(), net.close()])
    },
  }
}

async function toolCode(blobs: Blobs, digest: string): Promise<string> {
  const bytes = await blobs.get(toolKey(digest))
  if (bytes === null) throw new WonderError('store_corrupt', `Cannot run a tool: its code ${digest} is missing`)
  return new TextDecoder().decode(bytes)
}
