import type {
  Definition,
  Expr,
  FanDef,
  JoinDef,
  Json,
  NodeDef,
  NodeWork,
  RetryDef,
  Strategy,
  TaskDef,
  TransitionDef,
} from '../src/index.ts'
import { definitionOf } from './definition-of.ts'

/** A list as tests write it; compiled to nodes and transitions the way a front end does it. */
export type Task = { readonly id: string; readonly when?: string; readonly compensate?: readonly Task[] } & Partial<
  Pick<NodeDef, 'checkpoint' | 'concurrency' | 'budget' | 'cache'>
> &
  (
    | {
        readonly kind: 'task'
        readonly input?: Expr
        readonly save?: Expr
        readonly retry?: Partial<RetryDef>
        readonly interrupted?: TaskDef['interrupted']
        readonly onError?: OnError
      }
    | { readonly kind: 'collect'; readonly value: Expr; readonly onError?: OnError }
    | { readonly kind: 'set'; readonly values: { readonly [path: string]: Expr }; readonly onError?: OnError }
    | { readonly kind: 'end' }
    | { readonly kind: 'work'; readonly does: NodeWork; readonly onError?: OnError }
    | { readonly kind: 'fail'; readonly message: Expr; readonly code?: Expr }
    | { readonly kind: 'sequence'; readonly do: readonly Task[] }
    | { readonly kind: 'route'; readonly ways: readonly Way[] }
    | ({ readonly kind: 'parallel'; readonly do: readonly Task[] } & Group)
    | ({ readonly kind: 'each'; readonly do: readonly Task[]; readonly in: Items; readonly as?: string } & Group & {
          readonly filter?: string
          readonly batch?: number
        })
  )
export type OnError = 'fail' | 'continue' | 'block' | readonly Task[]
export type Way = { readonly label: Json; readonly if?: string; readonly do: readonly Task[] }
type Items = NonNullable<FanDef['each']>['items']
type Group = {
  readonly strategy?: Strategy
  readonly merge?: JoinDef['merge']
  readonly workers?: number
  readonly onError?: OnError
}

export type Workflow = {
  readonly tasks: readonly Task[]
  readonly onError?: readonly Task[]
  readonly finally?: readonly Task[]
} & Partial<
  Pick<
    Definition,
    | 'outputs'
    | 'input'
    | 'state'
    | 'env'
    | 'workflows'
    | 'budget'
    | 'projectBudget'
    | 'timeout'
    | 'checkpoints'
    | 'concurrency'
    | 'nesting'
  >
>

type Exit = { readonly to: string; readonly join?: NonNullable<TransitionDef['join']> } | null

const once: RetryDef = { max_attempts: 1, backoff: 'none', initial_delay: 0, max_delay: 3_600_000, jitter: 0 }

/** Compiles lists of tasks to the intermediate form. */
export function workflow({ tasks, onError, finally: last, ...parts }: Workflow): Definition {
  const lists = new Lists()
  const start = lists.list(tasks, null, undefined)
  const error = onError === undefined ? null : lists.list(onError, null, '$run')
  const end = last === undefined ? null : lists.list(last, null, undefined)
  return definitionOf({
    ...parts,
    nodes: lists.nodes,
    transitions: lists.transitions,
    fans: lists.fans,
    tasks: lists.tasks,
    start: start?.to ?? '',
    ...(error === null ? {} : { onError: error.to }),
    ...(end === null ? {} : { finally: end.to }),
  })
}

/** The outputs, statuses, failures and counts of tasks, as the outputs of a workflow. */
export function outputsOf(...ids: readonly string[]): Expr {
  return { map: Object.fromEntries(ids.map((id) => [id, { path: ['tasks', id, 'output'] }])) }
}

class Lists {
  readonly nodes: NodeDef[] = []
  readonly transitions: TransitionDef[] = []
  readonly fans: FanDef[] = []
  readonly tasks: { [ref: string]: TaskDef } = {}

  /** Compiles from the end; returns where the list begins, or its exit when it is empty. */
  list(tasks: readonly Task[], exit: Exit, error: string | undefined): Exit {
    return tasks.reduceRight<Exit>((next, task) => this.#task(task, next, error), exit)
  }

  #task(task: Task, exit: Exit, error: string | undefined): Exit {
    const { id } = task
    switch (task.kind) {
      case 'task': {
        const { input, save, retry, interrupted } = task
        this.tasks[id] = {
          steps: [{ ref: 'run', action: 'mock', on_failure: 'abort' }],
          timeout: 60_000,
          retry: { ...once, ...retry },
          interrupted: interrupted ?? 'rerun',
        }
        const does = { kind: 'task', task: id, input: input ?? { lit: {} }, ...(save === undefined ? {} : { save }) }
        this.#node(task, does as NodeDef['does'], exit, error)
        break
      }
      case 'collect':
        this.#node(task, { kind: 'collect', value: task.value }, exit, error)
        break
      case 'set': {
        const values = Object.entries(task.values).map(([path, value]) => ({ path: path.split('.'), value }))
        this.#node(task, { kind: 'set', values }, exit, error)
        break
      }
      case 'work':
        this.#node(task, task.does, exit, error)
        break
      case 'end':
        this.#node(task, { kind: 'end' }, exit, error)
        break
      case 'fail': {
        const { message, code } = task
        this.#node(task, { kind: 'fail', message, ...(code === undefined ? {} : { code }) }, exit, error)
        break
      }
      case 'sequence':
        this.#node(task, { kind: 'last' }, exit, error)
        this.#open(id, error)
        this.#leave(`${id}:open`, this.list(task.do, { to: id }, error))
        return { to: `${id}:open` }
      case 'route':
        this.#node(task, { kind: 'route', open: `${id}:open` }, exit, error)
        this.#open(id, error)
        task.ways.forEach((way, priority) => {
          const entry = this.list(way.do, { to: id }, error)
          const condition = way.if === undefined ? {} : { if: way.if }
          this.#leave(`${id}:open`, entry, { priority, label: way.label, ...condition })
        })
        return { to: `${id}:open` }
      case 'parallel':
      case 'each':
        return this.#group(task, exit, error)
    }
    return { to: id }
  }

  #group(task: Extract<Task, { kind: 'parallel' | 'each' }>, exit: Exit, error: string | undefined): Exit {
    const { id } = task
    const open = `${id}:open`
    this.#node(task, { kind: 'join', fan: id }, exit, error)
    this.#open(id, error)
    const merge = task.merge ?? (task.kind === 'each' ? 'collect' : 'keyed_by_branch')
    const join: JoinDef = { node: id, strategy: task.strategy ?? 'wait_all', merge }
    const workers = task.workers === undefined ? {} : { workers: task.workers }
    if (task.kind === 'parallel') {
      for (const child of task.do) {
        const entry = this.list([child], { to: id, join: { fan: id, take: { node: child.id } } }, error)
        this.#leave(open, entry, { fan: id, branch: child.id })
      }
      this.fans.push({ ref: id, node: open, ...workers, joins: [join] })
      return { to: open }
    }
    this.#leave(open, this.list(task.do, { to: id, join: { fan: id, take: 'last' } }, error), { fan: id })
    const each = {
      items: task.in,
      as: task.as ?? 'item',
      ...(task.filter === undefined ? {} : { filter: task.filter }),
      ...(task.batch === undefined ? {} : { batch: task.batch }),
    }
    this.fans.push({ ref: id, node: open, ...workers, each, joins: [join] })
    return { to: open }
  }

  #open(id: string, error: string | undefined): void {
    this.nodes.push({ ref: `${id}:open`, does: { kind: 'open' }, ...(error === undefined ? {} : { error }) })
  }

  #node(task: Task, does: NodeDef['does'], exit: Exit, error: string | undefined): void {
    const handler = 'onError' in task ? task.onError : undefined
    const list = typeof handler === 'object' ? this.list(handler, exit, task.id) : null
    const onError = typeof handler === 'object' ? (list === null ? 'continue' : { to: list.to }) : handler
    const undo = this.list(task.compensate ?? [], null, undefined)
    this.nodes.push({
      ref: task.id,
      ...(task.when === undefined ? {} : { when: task.when }),
      does,
      ...(onError === undefined ? {} : { onError }),
      ...(undo === null ? {} : { compensate: undo.to }),
      ...partsOf(task),
      ...(error === undefined ? {} : { error }),
    })
    this.#leave(task.id, exit)
  }

  #leave(from: string, exit: Exit, parts: Partial<TransitionDef> = {}): void {
    if (exit !== null) this.transitions.push({ ref: `${from}>${this.transitions.length}`, from, ...exit, ...parts })
  }
}

function partsOf({ checkpoint, concurrency, budget, cache }: Task): Partial<NodeDef> {
  return {
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(budget === undefined ? {} : { budget }),
    ...(cache === undefined ? {} : { cache }),
  }
}
