/**
 * Results that need not be made again: those of the run that a run reuses, and those that are kept across runs.
 *
 * Owns: looking, when a task has been ordered, and keeping, when its result is on disk. Does not own: what counts as the
 * same work (the kernel), where results are kept (`ResultCache`), telling the run (the coordinator).
 * A result that cannot be had, for whatever reason, is none: the task runs then.
 */
import { type Artifact, type Json, type Reused, type RunRecord, type Token, workName } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Blobs, ResultCache, RunStore } from '@wonder/platform'
import type { BlobCache } from './blob-cache.ts'
import { copyValues } from './copy-values.ts'
import type { DefinitionStore } from './definition-store.ts'
import { EarlierResults } from './earlier-results.ts'
import { inline } from './inline-values.ts'
import { decodeEvents } from './journal-events.ts'
import { JournalHistory } from './journal-history.ts'
import type { OpenRun } from './open-run.ts'

export type TaskReuseParts = {
  readonly runs: RunStore
  readonly blobs: Blobs
  readonly values: BlobCache
  readonly definitions: DefinitionStore
  /** Absent: nothing is kept across runs. */
  readonly cache?: ResultCache | undefined
}

/** An attempt that is out. */
export type Ordered = { readonly token: string; readonly attempt: number }

/** A result with its large parts in place; its artifacts are those of the run that asked. */
export type KnownOutput = {
  readonly reused: Reused
  readonly output: Json
  readonly artifacts: readonly Artifact[]
}

/** Runs whose earlier results are in memory, at most. */
const mostEarlier = 8

type Keeping = { readonly name: string; readonly task: string; readonly lifetime: number | null }

export class TaskReuse {
  readonly #parts: TaskReuseParts
  /** By run that takes them, least recently used first. */
  readonly #earlier = new Map<string, Promise<EarlierResults>>()
  /** By run and attempt: what its result is to be kept as. */
  readonly #keeping = new Map<string, Keeping>()
  readonly #writing = new Set<Promise<void>>()

  constructor(parts: TaskReuseParts) {
    this.#parts = parts
  }

  /** Looks whether a run may reuse another one, before it starts. Its results are at hand then. */
  async prepare(
    run: string,
    reuse: string,
    workflow: { readonly id: string; readonly project: string },
  ): Promise<void> {
    const loading = this.#load(reuse)
    const earlier = await loading
    const { place } = earlier
    if (place.workflow !== workflow.id || place.project !== workflow.project) {
      throw new WonderError(
        'reuse_other_workflow',
        `Cannot reuse run "${reuse}": it is one of workflow "${place.workflow}", not of "${workflow.id}"`,
      )
    }
    if (earlier.size === 0) {
      throw new WonderError('nothing_to_reuse', `Cannot reuse run "${reuse}": none of its tasks has completed`)
    }
    this.#remember(run, loading)
  }

  /** Whether a result of the token's task may be known. */
  concerns({ state }: OpenRun, { token }: Ordered): boolean {
    return state.reuse !== null || (this.#parts.cache !== undefined && cacheNameOf(state.tokens.get(token)) !== null)
  }

  /** Null: it is not known. Never rejects. */
  async find(run: OpenRun, ordered: Ordered): Promise<KnownOutput | null> {
    const { plan, state } = run
    const token = state.tokens.get(ordered.token)
    const node = plan.nodes[token?.node ?? -1]
    if (token === undefined || node === undefined) return null
    const name = cacheNameOf(token)
    if (name !== null) {
      const lifetime = node.def.cache?.for ?? null
      this.#keeping.set(keyOf(run.id, ordered), { name, task: node.ref, lifetime })
    }
    const work = workName(plan, node, { input: token.input, save: token.save, env: state.tasksEnv })
    try {
      const known =
        state.reuse === null || work === null
          ? null
          : await this.#earlierOf(run, state.reuse, ordered, { node: node.ref, name: work })
      return known ?? (name === null ? null : await this.#cached(run.id, name))
    } catch {
      return null
    }
  }

  /** To be called when a record is on disk: what has completed in it is kept, where it is to be. */
  note(run: OpenRun, { events }: RunRecord): void {
    if (this.#keeping.size === 0) return
    const artifacts: { readonly token: string; readonly artifact: Artifact }[] = []
    for (const event of events) {
      if (event.type === 'artifact_saved') artifacts.push(event)
      if (event.type !== 'task_completed' && event.type !== 'task_failed') continue
      const key = keyOf(run.id, event)
      const keeping = this.#keeping.get(key)
      if (keeping === undefined) continue
      this.#keeping.delete(key)
      if (event.type === 'task_failed' || event.reused !== undefined) continue
      const { token, attempt, output } = event
      const own = artifacts.filter((one) => one.token === token).map(({ artifact }) => artifact)
      this.#write(run, keeping, { reused: { run: run.id, token, attempt }, output, artifacts: own })
    }
  }

  /** The run is let go: nothing of it is out. */
  forget(run: OpenRun): void {
    if (run.state.ended !== null) this.#earlier.delete(run.id)
    if (this.#keeping.size === 0) return
    for (const key of this.#keeping.keys()) if (key.startsWith(`${run.id} `)) this.#keeping.delete(key)
  }

  /** Resolves when nothing is being kept any more. */
  async whenKept(): Promise<void> {
    await Promise.all(this.#writing)
  }

  async #earlierOf(
    { id, state }: OpenRun,
    reuse: string,
    ordered: Ordered,
    work: { readonly node: string; readonly name: string },
  ): Promise<KnownOutput | null> {
    const found = this.#earlier.get(id) ?? this.#resume(id, reuse, state.number)
    this.#remember(id, found)
    const result = (await found).take({ ...work, attempt: `${ordered.token}/${ordered.attempt}` })
    if (result === null) return null
    const output = await inline(result.output, (digest) => this.#parts.values.load(reuse, digest))
    await copyValues(this.#parts.blobs, { from: reuse, to: id }, result.artifacts)
    return { reused: result.from, output, artifacts: result.artifacts }
  }

  /** After a crash, or a long wait: what the run has taken stands in its journal. */
  async #resume(run: string, reuse: string, number: number): Promise<EarlierResults> {
    const earlier = await this.#load(reuse)
    for await (const event of decodeEvents(this.#history(), run, number)) {
      if (event.type === 'task_completed' && event.reused !== undefined) earlier.markGiven(event.reused)
    }
    return earlier
  }

  #load(run: string): Promise<EarlierResults> {
    return EarlierResults.of(run, { history: this.#history(), definitions: this.#parts.definitions })
  }

  #history(): JournalHistory {
    return new JournalHistory(this.#parts.runs, this.#parts.blobs)
  }

  #remember(run: string, results: Promise<EarlierResults>): void {
    this.#earlier.delete(run)
    this.#earlier.set(run, results)
    results.catch(() => this.#earlier.delete(run))
    const [oldest] = this.#earlier.keys()
    if (this.#earlier.size > mostEarlier && oldest !== undefined) this.#earlier.delete(oldest)
  }

  async #cached(run: string, name: string): Promise<KnownOutput | null> {
    const found = (await this.#parts.cache?.find(name, `runs/${run}`)) ?? null
    if (found === null) return null
    const { from, output, artifacts } = found
    return {
      reused: from,
      output,
      artifacts: artifacts.map(({ name, digest, size, mediaType }) => ({ name, digest, size, media_type: mediaType })),
    }
  }

  #write(run: OpenRun, { name, task, lifetime }: Keeping, { reused, output, artifacts }: KnownOutput): void {
    const { cache, values } = this.#parts
    const { project, workflow } = run.state
    const write = async () => {
      await cache?.keep(name, `runs/${run.id}`, {
        project,
        workflow,
        task,
        lifetime,
        from: reused,
        output: await inline(output, (digest) => values.load(run.id, digest)),
        artifacts: artifacts.map(({ name, digest, size, media_type: mediaType }) => ({
          name,
          digest,
          size,
          mediaType,
        })),
      })
    }
    // What is not kept is made again.
    const writing = write()
      .catch(() => undefined)
      .finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
  }
}

function cacheNameOf(token: Token | undefined): string | null {
  return token?.subject?.kind === 'cache' ? token.subject.name : null
}

function keyOf(run: string, { token, attempt }: Ordered): string {
  return `${run} ${token}/${attempt}`
}
