import { type Json, mixSeed } from '../src/index.ts'
import type { OnError, Task, Workflow } from './lists.ts'

/** What an attempt of a task comes to: its output, or undefined when it fails. */
export type Oracle = (ref: string, path: readonly number[], tries: number) => Json | undefined

/** A value that depends on the order of results: one of these, or anything. */
export class OneOf {
  readonly values: readonly Expected[] | 'any'
  constructor(values: readonly Expected[] | 'any') {
    this.values = values
  }
}
export type Expected = Json | OneOf | readonly Expected[] | { readonly [key: string]: Expected }

/** What a person says about a task that is blocked, after it was run again as often as they liked. */
export function repairOf(ref: string): 'skip' | 'fail' {
  return mixSeed(1, ref) % 2 === 0 ? 'skip' : 'fail'
}

/** What a run comes to, told by plain recursion: no tokens, no records, no order. */
export function referenceRun(workflow: Workflow, oracle: Oracle) {
  const root = new Branch(oracle, [])
  const main = root.list(workflow.tasks)
  if (!main && workflow.onError !== undefined) new Branch(oracle, []).list(workflow.onError)
  const last = workflow.finally === undefined || new Branch(oracle, []).list(workflow.finally)
  if (!main || !last) return { status: 'failed' } as const
  return {
    status: 'completed',
    output: Object.fromEntries([
      ...workflow.tasks.map(({ id }) => [id, root.outputs.get(id) ?? null]),
      ...[...root.counts].filter(([name]) => workflow.tasks.some(({ id }) => name.startsWith(`${id}.`))),
    ]),
  } as const
}

/** Whether a value is one of those that are expected. */
export function fits(actual: unknown, expected: Expected): boolean {
  if (expected instanceof OneOf) return expected.values === 'any' || expected.values.some((one) => fits(actual, one))
  if (typeof expected !== 'object' || expected === null) return actual === expected
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual) !== Array.isArray(expected)) return false
  const keys = Object.keys(expected)
  return (
    keys.length === Object.keys(actual).length &&
    keys.every((key) => fits(Reflect.get(actual, key), Reflect.get(expected, key) as Expected))
  )
}

class Branch {
  readonly outputs = new Map<string, Expected>()
  /** What has become of the branches of groups: `<group>.stats` and `<group>.failed`. */
  readonly counts = new Map<string, Expected>()
  last: Expected = null
  readonly #oracle: Oracle
  readonly #path: readonly number[]

  constructor(oracle: Oracle, path: readonly number[]) {
    this.#oracle = oracle
    this.#path = path
  }

  /** False: it failed. */
  list(tasks: readonly Task[]): boolean {
    return tasks.every((task) => this.#task(task))
  }

  #task(task: Task): boolean {
    if (task.when === 'input.f') return this.#put(task, null)
    switch (task.kind) {
      case 'collect':
        return this.#complete(task, 'lit' in task.value ? task.value.lit : null)
      case 'task': {
        for (let tries = 1; tries <= (task.retry?.max_attempts ?? 1); tries++) {
          const output = this.#oracle(task.id, this.#path, tries)
          if (output !== undefined) return this.#complete(task, output)
        }
        return this.#handle(task, null, task.onError)
      }
      case 'work':
        return this.#complete(task, {})
      case 'sequence':
        this.last = null
        return this.list(task.do) && this.#complete(task, this.last)
      case 'route': {
        this.last = null
        const way = task.ways.find((one) => one.if !== 'input.f')
        return this.list(way?.do ?? []) && this.#complete(task, { taken: way?.label ?? null, output: this.last })
      }
      case 'parallel':
      case 'each':
        return this.#group(task)
      default:
        throw new Error(`the reference knows no ${task.kind}`)
    }
  }

  #group(task: Extract<Task, { kind: 'parallel' | 'each' }>): boolean {
    this.last = null
    const items = task.kind === 'each' && 'list' in task.in && 'lit' in task.in.list ? (task.in.list.lit as Json[]) : []
    const bodies = task.kind === 'each' ? items.map(() => task.do) : task.do.map((child) => [child])
    const results = bodies.map((body, index) => {
      const branch = new Branch(this.#oracle, [...this.#path, index])
      if (!branch.list(body)) return undefined
      return { output: task.kind === 'each' ? branch.last : (branch.outputs.get(body[0]?.id ?? '') ?? null) }
    })
    const won = results.filter((result) => result !== undefined).length
    const lost = results.length - won
    const strategy = task.strategy ?? 'wait_all'
    const failed = lost > 0 && (strategy === 'wait_all' || strategy === 'fail_fast' || won === 0)
    this.#count(
      task.id,
      items,
      results,
      failed && strategy === 'fail_fast' ? 'failed' : strategy === 'race' && won > 0 ? 'succeeded' : null,
    )
    const output = this.#merge(task, results, strategy === 'race', failed && strategy === 'fail_fast')
    return failed ? this.#handle(task, output, task.onError) : this.#complete(task, output)
  }

  /** `cut`: the first branch that did so ended the others, whichever it was. */
  #count(id: string, items: readonly Json[], results: Results, cut: 'failed' | 'succeeded' | null): void {
    const any = new OneOf('any')
    const lost = results.flatMap((result, index) =>
      result === undefined ? [{ index, item: items[index] ?? null, error: any }] : [],
    )
    const all = { total: results.length, succeeded: results.length - lost.length, failed: lost.length, skipped: 0 }
    const first = {
      total: results.length,
      succeeded: any,
      failed: any,
      skipped: any,
      ...(cut === null ? {} : { [cut]: 1 }),
    }
    this.counts.set(`${id}.stats`, cut === null ? all : first)
    this.counts.set(`${id}.failed`, cut === null ? lost : cut === 'failed' ? new OneOf(lost.map((one) => [one])) : any)
  }

  #merge(task: Extract<Task, { kind: 'parallel' | 'each' }>, results: Results, race: boolean, cut: boolean): Expected {
    if (cut) return new OneOf('any')
    if (!race) return merged(task, results)
    const winners = results.flatMap((result, i) => (result === undefined ? [] : [i]))
    if (winners.length === 0) return merged(task, results)
    return new OneOf(
      winners.map((winner) =>
        merged(
          task,
          results.map((result, i) => (i === winner ? result : undefined)),
        ),
      ),
    )
  }

  #put(task: Task, output: Expected): boolean {
    this.outputs.set(task.id, output)
    return true
  }

  #complete(task: Task, output: Expected): boolean {
    this.last = output
    return this.#put(task, output)
  }

  #handle(task: Task, output: Expected, onError: OnError | undefined): boolean {
    this.#put(task, output)
    if (onError === 'continue') return true
    if (onError === 'block') return repairOf(task.id) === 'skip'
    return typeof onError === 'object' && this.list(onError)
  }
}

type Results = readonly ({ readonly output: Expected } | undefined)[]

function merged(task: Extract<Task, { kind: 'parallel' | 'each' }>, results: Results): Expected {
  const arrived = results.flatMap((result) => (result === undefined ? [] : [result.output]))
  const all = results.map((result) => result?.output ?? null)
  const unsure = arrived.some((output) => output instanceof OneOf)
  if (task.kind === 'parallel') return Object.fromEntries(task.do.map(({ id }, i) => [id, all[i] ?? null]))
  switch (task.merge ?? 'collect') {
    case 'collect':
      return all
    case 'keyed_by_branch':
      return Object.fromEntries(all.map((output, i) => [String(i), output]))
    case 'last_wins':
      return arrived.length === 0 ? {} : (arrived.at(-1) ?? null)
    case 'append':
      if (unsure) return new OneOf('any')
      return arrived.every((output) => Array.isArray(output)) ? arrived.flat(1) : arrived
    case 'merge_object':
      if (unsure) return new OneOf('any')
      return Object.assign({}, ...arrived.filter((output) => typeof output === 'object' && !Array.isArray(output)))
  }
}
