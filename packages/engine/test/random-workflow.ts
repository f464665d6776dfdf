import fc from 'fast-check'
import type { Definition, Expr, JoinDef, Merge, Strategy } from '../src/index.ts'
import type { OnError, Task, Way, Workflow } from './lists.ts'

/** Runs of the property: more with FC_RUNS, the same again with FC_SEED. Prints the seed that was given. */
export function randomRuns(numRuns: number): { readonly numRuns: number; readonly seed?: number } {
  const { FC_SEED, FC_RUNS } = process.env
  if (FC_SEED === undefined) return { numRuns: Number(FC_RUNS ?? numRuns) }
  console.log(`FC_SEED=${FC_SEED}`)
  return { numRuns: Number(FC_RUNS ?? numRuns), seed: Number(FC_SEED) }
}

/** A workflow of nested lists. `input` needs `t: true` and `f: false`. Names are given by `named`. */
export function randomWorkflow(): fc.Arbitrary<Workflow> {
  return workflowOf(plain)
}

/** As `randomWorkflow`, with tasks and groups that block, undo and sleep. */
export function randomStoppingWorkflow(): fc.Arbitrary<Workflow> {
  return workflowOf(stopping)
}

/** Limits of time: of the run, and for about half of its joins. */
export function randomTimeouts(): fc.Arbitrary<(definition: Definition) => Definition> {
  const action = fc.constantFrom('block', 'fail', 'cancel')
  const timeout = fc.option(fc.record({ after: fc.integer({ min: 1, max: 9_000 }), action }), { nil: undefined })
  const join = fc.option(
    fc.record({ timeout: fc.integer({ min: 1, max: 3_000 }), onTimeout: fc.constantFrom('fail', 'proceed') }),
    { nil: undefined },
  )
  return fc.record({ timeout, joins: fc.array(join, { minLength: 1, maxLength: 5 }) }).map(({ timeout, joins }) => {
    let count = 0
    const limited = (one: JoinDef): JoinDef => {
      count += 1
      return { ...one, ...joins[count % joins.length] }
    }
    return (definition) => ({
      ...definition,
      ...(timeout === undefined ? {} : { timeout }),
      fans: definition.fans.map((fan) => ({ ...fan, joins: fan.joins.map(limited) })),
    })
  })
}

function workflowOf({ leaf, tree }: Forms): fc.Arbitrary<Workflow> {
  const part = fc.option(fc.array(leaf, { maxLength: 2 }), { nil: undefined })
  return fc.record({ tasks: fc.array(tree, { minLength: 1, maxLength: 4 }), onError: part, finally: part }).map(named)
}

type Forms = { readonly leaf: fc.Arbitrary<Task>; readonly tree: fc.Arbitrary<Task> }

const when = fc.constantFrom(undefined, undefined, undefined, 'input.t', 'input.f')
const strategy = fc.constantFrom<Strategy>('wait_all', 'fail_fast', 'best_effort', 'race')
const merge = fc.constantFrom<Merge>('append', 'collect', 'keyed_by_branch', 'merge_object', 'last_wins')
const workers = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined })

const leaf: fc.Arbitrary<Task> = fc
  .record({
    when,
    onError: fc.constantFrom<OnError>('fail', 'fail', 'continue'),
    tries: fc.integer({ min: 1, max: 3 }),
    delay: fc.constantFrom(0, 0, 1_000),
    interrupted: fc.constantFrom('rerun', 'ask'),
  })
  .map(({ when, onError, tries, delay, interrupted }) =>
    present({
      id: '',
      kind: 'task',
      when,
      onError,
      interrupted,
      retry: { max_attempts: tries, backoff: 'linear', initial_delay: delay, jitter: 0.5 },
    }),
  )

const undo = fc.array(leaf, { minLength: 1, maxLength: 2 })

/** Every third task or group can be undone; every third blocks. */
const stoppingParts = fc
  .record({
    compensate: fc.option(undo, { nil: undefined, freq: 2 }),
    onError: fc.constantFrom<OnError | undefined>('block', undefined, undefined),
  })
  .map((parts) => Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)))

const nap = fc
  .integer({ min: 0, max: 2_000 })
  .map((ms): Task => ({ id: '', kind: 'work', does: { kind: 'sleep', for: { lit: ms } } }))

const stoppingLeaf = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(leaf, stoppingParts).map(([task, parts]): Task => ({ ...task, ...parts }) as Task) },
  { weight: 1, arbitrary: nap },
)

const treeOf = (leaf: fc.Arbitrary<Task>, parts: fc.Arbitrary<object>) =>
  fc.letrec<{ task: Task; list: readonly Task[]; handler: OnError }>((tie) => ({
    list: fc.array(tie('task'), { maxLength: 3, depthIdentifier: 'tree' }),
    handler: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<OnError>('fail', 'continue') },
      { weight: 1, arbitrary: fc.array(leaf, { minLength: 1, maxLength: 2 }) },
    ),
    task: fc.oneof(
      { depthIdentifier: 'tree', depthSize: 'small', maxDepth: 4 },
      { weight: 3, arbitrary: leaf },
      {
        weight: 1,
        arbitrary: when.map((when) => present({ id: '', kind: 'collect', when, value: { lit: { made: true } } })),
      },
      { weight: 1, arbitrary: tie('list').map((tasks): Task => ({ id: '', kind: 'sequence', do: tasks })) },
      {
        weight: 1,
        arbitrary: fc
          .array(fc.tuple(fc.constantFrom('input.t', 'input.f'), tie('list')), { maxLength: 2 })
          .map((ways): Task => {
            const conditional = ways.map(([condition, tasks], label): Way => ({ label, if: condition, do: tasks }))
            return { id: '', kind: 'route', ways: [...conditional, { label: null, do: [] }] }
          }),
      },
      {
        weight: 2,
        arbitrary: fc
          .record({ do: tie('list'), strategy, workers, onError: tie('handler'), more: parts })
          .map(({ more, ...parts }) => present({ id: '', kind: 'parallel', ...parts, ...more })),
      },
      {
        weight: 2,
        arbitrary: fc
          .record({
            do: tie('list'),
            strategy,
            merge,
            workers,
            onError: tie('handler'),
            count: fc.integer({ min: 0, max: 4 }),
            batch: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
            more: parts,
          })
          .map(({ count, more, ...parts }) =>
            present({
              id: '',
              kind: 'each',
              in: { list: { lit: Array.from({ length: count }, (_, i) => i) } },
              ...parts,
              ...more,
            }),
          ),
      },
    ),
  })).task

const plain: Forms = { leaf, tree: treeOf(leaf, fc.constant({})) }
const stopping: Forms = { leaf: stoppingLeaf, tree: treeOf(stoppingLeaf, stoppingParts) }

/** Without the fields that are undefined. */
function present(task: object): Task {
  return Object.fromEntries(Object.entries(task).filter(([, value]) => value !== undefined)) as Task
}

/** Gives every task an id of its own, and takes the outputs of the outermost ones as the workflow's. */
function named(parts: {
  readonly tasks: readonly Task[]
  readonly onError: readonly Task[] | undefined
  readonly finally: readonly Task[] | undefined
}): Workflow {
  let count = 0
  const list = (tasks: readonly Task[]): readonly Task[] => tasks.map(name)
  const name = (task: Task): Task => {
    count += 1
    const id = `${task.kind}_${count}`
    const handler = 'onError' in task && typeof task.onError === 'object' ? { onError: list(task.onError) } : {}
    if (task.kind === 'route') {
      return { ...task, id, ways: task.ways.map((way) => ({ ...way, do: list(way.do) })) }
    }
    const undone = task.compensate === undefined ? {} : { compensate: list(task.compensate).map(readsOutputOf(id)) }
    if ('do' in task) return { ...task, id, do: list(task.do), ...handler, ...undone } as Task
    return { ...task, id, ...handler, ...undone } as Task
  }
  const tasks = list(parts.tasks)
  return {
    tasks,
    ...(parts.onError === undefined || parts.onError.length === 0 ? {} : { onError: list(parts.onError) }),
    ...(parts.finally === undefined || parts.finally.length === 0 ? {} : { finally: list(parts.finally) }),
    outputs: { map: Object.fromEntries(tasks.flatMap(told)) },
  }
}

/** The output of a task; of a group that fans out also what has become of its branches. */
function told({ id, kind }: Task): readonly (readonly [string, Expr])[] {
  const parts = kind === 'parallel' || kind === 'each' ? (['stats', 'failed'] as const) : []
  return [
    [id, { path: ['tasks', id, 'output'] }],
    ...parts.map((part) => [`${id}.${part}`, { path: ['tasks', id, part] }] as const),
  ]
}

/** A task that undoes another is given the output of that. */
function readsOutputOf(id: string): (task: Task) => Task {
  return (task) => (task.kind === 'task' ? { ...task, input: { path: ['tasks', id, 'output'] } } : task)
}
