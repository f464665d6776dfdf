import { type Artifact, type Json, type Reused, type RunEvent, workName } from '@wonder/engine'
import type { Position } from './advance.ts'
import { type FoldParts, foldJournal } from './fold-journal.ts'

/** What an attempt of an earlier run has come to. Large parts of the output are markers of that run. */
export type EarlierResult = {
  readonly from: Reused
  readonly output: Json
  readonly artifacts: readonly Artifact[]
}

/**
 * Results of a run that has been, for another one: by place in the workflow and name of the work. Where the same was done
 * several times at one place, the results are given in their order, each once.
 */
export class EarlierResults {
  readonly run: string
  /** Of the workflow. */
  readonly place: { readonly project: string; readonly workflow: string }
  readonly #results = new Map<string, EarlierResult[]>()
  /** By attempt of the run that takes them: who asks again is given the same. */
  readonly #given = new Map<string, EarlierResult>()
  #size = 0

  private constructor(run: string, { project, workflow }: { readonly project: string; readonly workflow: string }) {
    this.run = run
    this.place = { project, workflow }
  }

  /**
   * Reads the journal once, archived records included.
   *
   * @throws WonderError `run_not_found`, `store_corrupt`, `format_too_new`
   */
  static async of(run: string, parts: FoldParts): Promise<EarlierResults> {
    const reader = new ResultReader(run)
    const { state } = await foldJournal(run, parts, {
      onRecord: ({ events }, position) => {
        for (const event of events) reader.apply(event, position)
      },
    })
    const results = new EarlierResults(run, state)
    for (const [key, result] of reader.completed) results.#add(key, result)
    return results
  }

  /** How many there are, those that were given included. */
  get size(): number {
    return this.#size
  }

  /** The result for an attempt of the run that takes them; null: there is none any more. */
  take(work: { readonly node: string; readonly name: string; readonly attempt: string }): EarlierResult | null {
    const given = this.#given.get(work.attempt)
    if (given !== undefined) return given
    const result = this.#results.get(keyOf(work))?.shift()
    if (result === undefined) return null
    this.#given.set(work.attempt, result)
    return result
  }

  /** What stands in the journal of the run that takes them was given before. */
  markGiven(reused: Reused): void {
    if (reused.run !== this.run) return
    for (const results of this.#results.values()) {
      const at = results.findIndex(({ from }) => from.token === reused.token && from.attempt === reused.attempt)
      if (at === -1) continue
      results.splice(at, 1)
      return
    }
  }

  #add(key: string, result: EarlierResult): void {
    const results = this.#results.get(key)
    if (results === undefined) this.#results.set(key, [result])
    else results.push(result)
    this.#size += 1
  }
}

/** Follows the events of a run from order to result. */
class ResultReader {
  readonly completed: (readonly [key: string, result: EarlierResult])[] = []
  readonly #run: string
  /** Attempts that are out, by token. */
  readonly #out = new Map<string, { readonly key: string; readonly artifacts: Artifact[] }>()

  constructor(run: string) {
    this.#run = run
  }

  /** `position` is that after the event's record: an attempt that was ordered in it is still out. */
  apply(event: RunEvent, { plan, state }: Position): void {
    switch (event.type) {
      case 'task_dispatched': {
        const token = state.tokens.get(event.token)
        const node = plan.nodes[token?.node ?? -1]
        if (token?.wait !== 'task' || node === undefined || token.attempt !== event.attempt) return
        const name = workName(plan, node, { input: token.input, save: token.save, env: state.tasksEnv })
        if (name !== null) this.#out.set(token.id, { key: keyOf({ node: node.ref, name }), artifacts: [] })
        return
      }
      case 'artifact_saved':
        this.#out.get(event.token)?.artifacts.push(event.artifact)
        return
      case 'task_failed':
      case 'token_ended':
        this.#out.delete(event.token)
        return
      case 'task_completed': {
        const out = this.#out.get(event.token)
        if (out === undefined) return
        this.#out.delete(event.token)
        const { token, attempt, output } = event
        this.completed.push([out.key, { from: { run: this.#run, token, attempt }, output, artifacts: out.artifacts }])
        return
      }
      default:
    }
  }
}

function keyOf({ node, name }: { readonly node: string; readonly name: string }): string {
  return `${node} ${name}`
}
