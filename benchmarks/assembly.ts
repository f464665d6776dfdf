import { join } from 'node:path'
import { Coordinator } from '@wonder/coordinator'
import { fileBlobs } from '@wonder/driver-filesystem'
import { MapSecrets, memoryEventTarget, memoryLogStore, memoryQueue } from '@wonder/driver-memory'
import { nodeNet, processSandbox, projectFiles, systemClock, systemRandom, ulidIds } from '@wonder/driver-process'
import { openSqliteStore } from '@wonder/driver-sqlite'
import type { Command, Definition, Json, Outcome } from '@wonder/engine'
import { createExecutor } from '@wonder/executor'
import { LimitsService } from '@wonder/limits'
import type { AppendRequest, RunStore, ToolRuntime } from '@wonder/platform'

export type Assembly = {
  readonly runs: RunStore
  /** Starts a run and resolves with its id when it has ended. */
  run(definition: Definition, input: Json): Promise<string>
  /** Starts a run and resolves with its id when its first record is on disk. */
  start(definition: Definition, input: Json): Promise<string>
  command(run: string, command: Command): Promise<Outcome>
  /** Bodies of a run's records, in order. */
  bodies(run: string): Promise<readonly string[]>
  /** Resolves when no records are being moved to segments. */
  archived(): Promise<void>
  close(): Promise<void>
}

/** Coordinator, executor and store in this process, put together as the local host does, without project and socket. */
export async function assemble(
  folder: string,
  options: { readonly onAppended?: (request: AppendRequest) => void } = {},
): Promise<Assembly> {
  const clock = systemClock()
  const id = ulidIds().runId()
  const store = await openSqliteStore({ file: join(folder, 'wonder.db'), host: id, clock, early: 'thread' })
  await store.prewarm()
  const runs = observed(store.runs, options.onAppended)
  const blobs = fileBlobs({ root: join(folder, 'blobs') })
  const events = memoryEventTarget()
  const queue = memoryQueue()
  const net = nodeNet()
  const limits = new LimitsService({ runs, clock })
  const coordinator = new Coordinator({
    runs,
    blobs,
    queue,
    events,
    clock,
    ids: ulidIds(),
    random: systemRandom(),
    limits,
  })
  limits.onNotice((notice) => coordinator.notify(notice))
  const executor = createExecutor({
    id,
    queue,
    results: coordinator.results,
    definition: async (digest) => (await coordinator.definitions.plan(digest)).definition,
    tools: noTools,
    toolCode: () => Promise.reject(new Error('no workload has tools')),
    sandbox: processSandbox({ host: id, stateDir: folder }),
    net,
    files: projectFiles(folder),
    blobs,
    secrets: new MapSecrets({}),
    env: () => ({}),
    logs: memoryLogStore(),
    events,
    clock,
  })
  executor.start()
  return {
    runs: store.runs,
    async run(definition, input) {
      const run = await coordinator.start({ definition, input })
      const status = await coordinator.whenResting(run)
      if (status !== 'completed') throw new Error(`run ${run} of "${definition.workflow}" is ${status}`)
      return run
    },
    start: (definition, input) => coordinator.start({ definition, input }),
    command: (run, command) => coordinator.command(run, command),
    async bodies(run) {
      const records = await store.runs.read({ kind: 'run', id: run }, { after: 0, limit: 1_000_000 })
      return records.map(({ body }) => body)
    },
    archived: () => coordinator.whenArchived(),
    async close() {
      await executor.stop()
      coordinator.close()
      await store.close()
      await net.close()
    },
  }
}

function observed(runs: RunStore, onAppended: ((request: AppendRequest) => void) | undefined): RunStore {
  if (onAppended === undefined) return runs
  return {
    append: async (request) => {
      const result = await runs.append(request)
      onAppended(request)
      return result
    },
    read: (entity, options) => runs.read(entity, options),
    version: (entity) => runs.version(entity),
    snapshot: (entity) => runs.snapshot(entity),
    saveSnapshot: (entity, snapshot, options) => runs.saveSnapshot(entity, snapshot, options),
    entities: (kind, options) => runs.entities(kind, options),
    archive: (entity, segment) => runs.archive(entity, segment),
    segments: (entity) => runs.segments(entity),
    onWake: (listener) => runs.onWake(listener),
    close: () => runs.close(),
  }
}

const noTools: ToolRuntime = {
  bundle: () => Promise.reject(new Error('no workload has tools')),
  call: () => Promise.reject(new Error('no workload has tools')),
  close: async () => {},
}
