import type { CheckpointType, Definition } from '@wonder/engine'
import { readBudget } from './budget.ts'
import { concurrencyOf } from './concurrency.ts'
import { parseDuration } from './duration.ts'
import { needsTime } from './needs-time.ts'
import type { Problems } from './problems.ts'
import type { Scope } from './scope.ts'
import { checkpointTypes } from './shapes/task-fields.ts'
import { child, type MapTree, numberOf, type Tree, textOf, textsOf } from './tree.ts'
import type { ValueCompiler } from './value-compiler.ts'

type RunLimits = Pick<Definition, 'budget' | 'timeout' | 'checkpoints' | 'concurrency' | 'nesting'>

/** What a workflow says of its runs as a whole: budget, timeout, checkpoints, concurrency, nesting. */
export function runLimits(
  tree: MapTree,
  around: {
    readonly id: string
    readonly scope: Scope
    readonly values: ValueCompiler
    readonly problems: Problems
  },
): RunLimits {
  const { tasks: _tasks, ...scope } = around.scope
  const budget = child(tree, 'budget')
  const concurrency = child(tree, 'concurrency')
  needsTime(tree, { answer: 'on_timeout', time: 'timeout' }, around.problems)
  return {
    ...(budget === undefined ? {} : { budget: readBudget(budget) }),
    ...timeoutOf(tree),
    ...checkpointsOf(child(tree, 'checkpoints')),
    // A run asks for its turn before anything of it has run, so only what it begins with is in scope.
    ...(concurrency === undefined
      ? {}
      : { concurrency: concurrencyOf(concurrency, { values: around.values, scope, byDefault: around.id }) }),
    ...nestingOf(child(tree, 'nesting')),
  }
}

function timeoutOf(tree: MapTree): Pick<RunLimits, 'timeout'> {
  const after = parseDuration(textOf(child(tree, 'timeout')) ?? '')
  const word = textOf(child(tree, 'on_timeout'))
  if (after === undefined) return {}
  return { timeout: { after, action: word === 'block' || word === 'cancel' ? word : 'fail' } }
}

function checkpointsOf(tree: Tree | undefined): Pick<RunLimits, 'checkpoints'> {
  if (tree === undefined) return {}
  const types = textsOf(child(tree, 'on'))
  const on: readonly CheckpointType[] = checkpointTypes.filter((type) => types.includes(type))
  const steps = numberOf(child(tree, 'every_steps'))
  return {
    checkpoints: {
      ...(on.length === 0 ? {} : { on }),
      ...(steps === undefined ? {} : { every_steps: steps }),
    },
  }
}

function nestingOf(tree: Tree | undefined): Pick<RunLimits, 'nesting'> {
  if (tree === undefined) return {}
  const depth = numberOf(child(tree, 'depth')) ?? 16
  const children = numberOf(child(tree, 'children')) ?? 10_000
  return { nesting: { depth, children } }
}
