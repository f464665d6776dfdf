import type { Position, Verification } from '@wonder/coordinator'
import { type Json, RunView, runStatus } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { CompiledWorkflow } from '@wonder/language'
import type { RunIndexEntry } from '@wonder/platform'
import type { HostParts } from './host-parts.ts'
import type { CommandAnswer } from './host-protocol.ts'
import { environmentOf } from './run-environment.ts'
import type { Steering } from './steering.ts'

export type LocalForkRequest = {
  readonly run: string
  readonly record: number
  /** The project's present revision of the workflow; absent: the revision that the run followed there. */
  readonly workflow?: CompiledWorkflow
  /** Paths that begin with `input` or `state`, and their new values. */
  readonly set?: readonly (readonly [path: readonly string[], value: Json])[]
  readonly restartChildren?: boolean
  readonly by: string
}

export type LocalRetryRequest = Omit<LocalForkRequest, 'record' | 'set'>

/** What runs were, and what can begin there or go on in another revision. */
export class RunPast {
  readonly #parts: HostParts
  readonly #steering: Steering
  readonly #follow: (entry: RunIndexEntry) => Promise<void>

  /** @param follow makes this process one that drives runs of the entry's environment */
  constructor(parts: HostParts, steering: Steering, follow: (entry: RunIndexEntry) => Promise<void>) {
    this.#parts = parts
    this.#steering = steering
    this.#follow = follow
  }

  /** A run as it was after a record, its last by default; with what people see of it there. */
  async at(run: string, record?: number): Promise<Position & { readonly view: RunView }> {
    const { history } = this.#parts.coordinator
    const position = await history.at(run, record)
    const view = new RunView(position.plan.definition)
    await history.at(run, position.state.number, (one) => view.apply(one))
    return { ...position, view }
  }

  verify(run: string): Promise<Verification> {
    return this.#parts.coordinator.history.verify(run)
  }

  async fork({ workflow, ...request }: LocalForkRequest): Promise<string> {
    await this.#followRun(request.run)
    return await this.#parts.coordinator.fork({ ...request, ...(await this.#revision(workflow)) })
  }

  async retry({ workflow, ...request }: LocalRetryRequest): Promise<string> {
    await this.#followRun(request.run)
    return await this.#parts.coordinator.retry({ ...request, ...(await this.#revision(workflow)) })
  }

  async migrate(run: string, workflow: CompiledWorkflow, by: string): Promise<CommandAnswer> {
    const { intake, coordinator } = this.#parts
    await intake.bring(workflow)
    const { digest } = await coordinator.definitions.put(workflow.definition)
    return await this.#steering.command(run, { kind: 'migrate', definition: digest }, by)
  }

  /** Which revision a run follows now. */
  async present(run: string): Promise<{ readonly definition: string; readonly status: string }> {
    const { state } = await this.#parts.coordinator.history.at(run)
    return { definition: state.definition, status: runStatus(state) }
  }

  async #revision(workflow: CompiledWorkflow | undefined) {
    if (workflow === undefined) return {}
    return { definition: workflow.definition, env: await this.#parts.intake.bring(workflow) }
  }

  async #followRun(run: string): Promise<void> {
    const entry = await this.#parts.index.get(run)
    if (entry === null) throw new WonderError('run_not_found', `Cannot fork run "${run}": this project has no such run`)
    const { projects } = this.#parts
    await this.#follow(entry)
    if (environmentOf(entry) === projects.environment) return
    const named = environmentOf(entry)
    const there = named === undefined ? 'without an environment' : `in environment "${named}"`
    throw new WonderError('invalid_usage', `Cannot fork run "${run}": it ran ${there}; give the same --env`)
  }
}
