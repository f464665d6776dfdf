import fc from 'fast-check'
import type { Merge, Strategy } from '../src/index.ts'
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
  const part = fc.option(fc.array(leaf, { maxLength: 2 }), { nil: undefined })
  return fc
    .record({ tasks: fc.array(tree.task, { minLength: 1, maxLength: 4 }), onError: part, finally: part })
    .map(named)
}

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

const tree = fc.letrec<{ task: Task; list: readonly Task[]; handler: OnError }>((tie) => ({
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
        .record({ do: tie('list'), strategy, workers, onError: tie('handler') })
        .map((parts) => present({ id: '', kind: 'parallel', ...parts })),
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
        })
        .map(({ count, ...parts }) =>
          present({
            id: '',
            kind: 'each',
            in: { list: { lit: Array.from({ length: count }, (_, i) => i) } },
            ...parts,
          }),
        ),
    },
  ),
}))

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
    if ('do' in task) return { ...task, id, do: list(task.do), ...handler } as Task
    return { ...task, id, ...handler } as Task
  }
  const tasks = list(parts.tasks)
  return {
    tasks,
    ...(parts.onError === undefined || parts.onError.length === 0 ? {} : { onError: list(parts.onError) }),
    ...(parts.finally === undefined || parts.finally.length === 0 ? {} : { finally: list(parts.finally) }),
    outputs: { map: Object.fromEntries(tasks.map(({ id }) => [id, { path: ['tasks', id, 'output'] }])) },
  }
}
