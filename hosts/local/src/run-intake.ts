import type { Coordinator, StartRequest } from '@wonder/coordinator'
import type { Json, SignalToRun } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { CompiledWorkflow, Project } from '@wonder/language'
import type { Blobs } from '@wonder/platform'
import type { RunOrder } from './host-protocol.ts'
import type { ProjectLoader } from './project-loader.ts'
import { taggedWithEnvironment } from './run-environment.ts'

export type RunRequest = {
  readonly workflow: CompiledWorkflow
  readonly project: Project
  readonly input: Json
  readonly tags?: readonly string[]
  /** Given to the run in its first record. */
  readonly signals?: readonly SignalToRun[]
  /** The run whose results it takes where the same would be done again. */
  readonly reuse?: string
  readonly by: string
  /** Default: a new one. */
  readonly id?: string
}

export type KeyedRunRequest = RunRequest & { readonly key: string }

export type RunIntakeParts = {
  readonly blobs: Blobs
  readonly coordinator: Coordinator
  readonly projects: ProjectLoader
}

/** Where a tool's code is in Blobs. */
export function toolKey(digest: string): string {
  return `tools/${digest}`
}

/** New runs: those of this process, and those that others hand over. */
export class RunIntake {
  readonly #parts: RunIntakeParts
  #starting = 0
  #closed = false

  constructor(parts: RunIntakeParts) {
    this.#parts = parts
  }

  /** Is a run being started at this moment? */
  get busy(): boolean {
    return this.#starting > 0
  }

  get closed(): boolean {
    return this.#closed
  }

  /** No run that is handed over is taken from now on. */
  close(): void {
    this.#closed = true
  }

  /** Resolves with the run's id after its start, and all that it needs, is on disk. */
  async start(request: RunRequest): Promise<string> {
    return await this.#intake(async () => await this.#parts.coordinator.start(await this.#prepare(request)))
  }

  /** As `start`; the run may be there already. */
  async startKeyed({ key, ...request }: KeyedRunRequest): Promise<{ readonly run: string; readonly first: boolean }> {
    const { coordinator } = this.#parts
    return await this.#intake(async () => await coordinator.startKeyed({ key, ...(await this.#prepare(request)) }))
  }

  async #intake<T>(work: () => Promise<T>): Promise<T> {
    this.#starting += 1
    try {
      return await work()
    } finally {
      this.#starting -= 1
    }
  }

  /** What the run needs is on disk before it is started. */
  async #prepare({ workflow, input, by, tags, signals = [], reuse, id }: RunRequest): Promise<StartRequest> {
    return {
      definition: workflow.definition,
      input,
      env: await this.bring(workflow),
      by,
      tags: taggedWithEnvironment(tags, this.#parts.projects.environment),
      signals,
      ...(reuse === undefined ? {} : { reuse }),
      ...(id === undefined ? {} : { id }),
    }
  }

  /** Stores what runs of the workflow need beside its definition; resolves with the values of `env` that it reads. */
  async bring(workflow: CompiledWorkflow): Promise<{ readonly [name: string]: string }> {
    const { blobs, coordinator, projects } = this.#parts
    const bundles = [workflow, ...workflow.workflows].flatMap((one) => one.bundles)
    await Promise.all(bundles.map(({ digest, code }) => blobs.put(toolKey(digest), code)))
    await Promise.all(workflow.workflows.map(({ definition }) => coordinator.definitions.put(definition)))
    return await projects.envOf(workflow.definition, workflow.env)
  }

  /** Starts a run that was handed over: its id, or null when another process has to do it. */
  async take(order: RunOrder): Promise<string | null> {
    const { projects } = this.#parts
    if (this.#closed || (order.environment ?? undefined) !== projects.environment) return null
    this.#starting += 1
    try {
      // The files may have changed since the last order.
      projects.reload()
      const loaded = await projects.load({ workflow: order.workflow })
      if (!loaded.ok) {
        const [first] = loaded.diagnostics
        const place = first === undefined ? '' : `${first.file}:${first.line}: ${first.message}`
        throw new WonderError('invalid_project', `Cannot start workflow "${order.workflow}": ${place}`, {
          details: { diagnostics: loaded.diagnostics },
        })
      }
      const workflow = loaded.project.workflows.get(order.workflow)
      if (workflow === undefined) {
        throw new WonderError('unknown_workflow', `Cannot start workflow "${order.workflow}": there is none`)
      }
      const { run: id, input, signals = [], reuse, by, key } = order
      const more = reuse === undefined ? {} : { reuse }
      const request = { workflow, project: loaded.project, input, signals, by, id, ...more }
      return key === undefined ? await this.start(request) : (await this.startKeyed({ ...request, key })).run
    } finally {
      this.#starting -= 1
    }
  }
}
