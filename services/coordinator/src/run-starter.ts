/**
 * How runs come to be: started, started under a key, ordered by a parent, forked.
 *
 * Owns: what a run begins with, and that the same order makes one run. Does not own: its first record (the kernel), what
 * a fork takes from the run that it comes from (`RunHistory`).
 */
import { digestJson } from '@wonder/crypto'
import { type Debt, type Definition, type Json, type SignalToRun, tasksReadEnv } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Blobs, Ids, Limits, Random } from '@wonder/platform'
import { copyValues } from './copy-values.ts'
import type { DefinitionStore } from './definition-store.ts'
import type { OpenRuns } from './open-runs.ts'
import type { RunEffects } from './run-effects.ts'
import type { RunFamilies } from './run-families.ts'
import type { PreparedFork } from './run-history.ts'
import type { TaskReuse } from './task-reuse.ts'

export type StartRequest = {
  readonly definition: Definition
  readonly input: Json
  /** Values of the names in `definition.env`; default none. */
  readonly env?: { readonly [name: string]: string }
  readonly tags?: readonly string[]
  /** Given to the run in its first record, at most 100: kept for its waits. */
  readonly signals?: readonly SignalToRun[]
  /** The run whose results it takes where the same would be done again. */
  readonly reuse?: string
  /** Who starts it. */
  readonly by?: string
  /** Default: a new one. Where there is a run of this id, that is the one that was ordered. */
  readonly id?: string
  /** Definitions of the sub-workflows that it starts, and that they start. */
  readonly workflows?: readonly Definition[]
}

/** `key`: any text of at most 10,000 characters, in the whole project. */
export type KeyedStartRequest = StartRequest & { readonly key: string }

export type RunStarterParts = {
  readonly open: OpenRuns
  readonly effects: RunEffects
  readonly families: RunFamilies
  readonly reuse: TaskReuse
  readonly definitions: DefinitionStore
  readonly blobs: Blobs
  readonly ids: Ids
  readonly random: Random
  readonly limits: Limits
  /** The env values that a sub-workflow gets. */
  readonly envOf?: ((definition: Definition) => Promise<{ readonly [name: string]: string }>) | undefined
  /** The env values that tasks see. */
  readonly tasksEnv?: (() => Promise<{ readonly [name: string]: string }>) | undefined
}

type StartChild = Extract<Debt, { kind: 'start_child' }>

export class RunStarter {
  readonly #parts: RunStarterParts

  constructor(parts: RunStarterParts) {
    this.#parts = parts
  }

  async start(request: StartRequest): Promise<string> {
    const id = request.id ?? this.#parts.ids.runId()
    await this.#start(id, request)
    return id
  }

  async startKeyed({ key, ...request }: KeyedStartRequest): Promise<{ readonly run: string; readonly first: boolean }> {
    const { definitions, ids, limits } = this.#parts
    const plan = await definitions.put(request.definition)
    const { workflow } = plan.definition
    const checked = plan.input.check(request.input, { applyDefaults: true })
    // What is refused takes no key.
    if (!checked.ok) return { run: await this.start(request), first: true }
    const digest = digestJson([workflow, checked.value as Json])
    const { status, run } = await limits.startKey({ key, digest, run: request.id ?? ids.runId() })
    if (status === 'conflict') {
      throw new WonderError(
        'key_conflict',
        `Cannot start workflow "${workflow}" with the key "${key}": run "${run}" has it, with another workflow or input`,
        { details: { key, run, hint: `Use another key, or see that run: wonder runs show ${run}` } },
      )
    }
    return { run, first: await this.#start(run, { ...request, id: run }) }
  }

  /** A run that is there already is the one that was ordered: its id says so. */
  async startChild(parent: string, debt: StartChild, input: Json): Promise<void> {
    const { child, token, definition, grant, depth, detached } = debt
    const { open, families, definitions, random, envOf } = this.#parts
    if (await open.has(child)) return
    const plan = await definitions.plan(definition)
    const env = (await envOf?.(plan.definition)) ?? {}
    const tags = await open.use(parent, ({ state }) => state.tags)
    families.add(child, parent)
    let first = false
    try {
      first = await open.begin(child, plan, {
        kind: 'start',
        definition,
        input,
        env,
        seed: random.seed(),
        tags,
        by: `run:${parent}`,
        parent: { run: parent, token, ...(detached === undefined ? {} : { detached }) },
        depth,
        ...(grant === undefined ? {} : { grant }),
        ...(tasksReadEnv(plan.definition) ? await this.#tasksEnv() : {}),
      })
    } finally {
      if (!first) families.remove(child)
    }
  }

  async fork({ known, later, ...fork }: PreparedFork, by: string | undefined): Promise<string> {
    const { open, effects, definitions, ids } = this.#parts
    const plan = await definitions.plan(fork.definition)
    const id = ids.runId()
    await this.#copy({ from: fork.from, to: id }, known === null ? fork.state : [fork.state, later])
    if (known !== null) effects.know(id, known)
    try {
      await open.begin(id, plan, { kind: 'fork', ...fork, ...(by === undefined ? {} : { by }) })
    } catch (error) {
      effects.forgetKnown(id)
      throw error
    }
    return id
  }

  /** Whether it was begun here and now. */
  async #start(id: string, request: StartRequest): Promise<boolean> {
    const { open, definitions, random, reuse: earlier } = this.#parts
    const { definition, workflows = [], input, env = {}, tags, signals = [], reuse, by } = request
    const below = workflows.map((one) => definitions.put(one))
    const [plan] = await Promise.all([definitions.put(definition), ...below])
    // A new id is nobody's: only a given one is looked up.
    if (request.id !== undefined && (await open.has(id))) return false
    if (reuse !== undefined) {
      await earlier.prepare(id, reuse, { id: definition.workflow, project: definition.project })
    }
    return await open.begin(id, plan, {
      kind: 'start',
      definition: plan.digest,
      input,
      env,
      seed: random.seed(),
      ...(tags === undefined ? {} : { tags }),
      ...(signals.length === 0 ? {} : { signals }),
      ...(reuse === undefined ? {} : { reuse }),
      ...(by === undefined ? {} : { by }),
      ...(tasksReadEnv(plan.definition) ? await this.#tasksEnv() : {}),
    })
  }

  /** Where tasks read env, what they see of it. */
  async #tasksEnv(): Promise<{ readonly tasksEnv?: string }> {
    const values = await this.#parts.tasksEnv?.()
    return values === undefined ? {} : { tasksEnv: digestJson(values) }
  }

  /** What was copied for a run that cannot be begun belongs to nobody. */
  async #copy(runs: { readonly from: string; readonly to: string }, value: unknown): Promise<void> {
    const { blobs } = this.#parts
    try {
      await copyValues(blobs, runs, value)
    } catch (error) {
      await blobs.removeAll(`runs/${runs.to}`).catch(() => undefined)
      throw error
    }
  }
}
