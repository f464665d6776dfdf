import type { ConcurrencyDef, Definition } from '@wonder/engine'
import type { Problems } from './problems.ts'
import type { CompiledWorkflow } from './project.ts'
import type { TaskNames } from './task-names.ts'
import { child, entryOf } from './tree.ts'
import type { WorkflowLibrary } from './workflow-library.ts'

/**
 * Finds what waits for a turn that the run, or the task itself, holds until it has ended: a task with the key of its run,
 * and a workflow that is waited for and needs a key that is held around it. Keys are compared as they are written, so those
 * that turn out equal only in a run are not found.
 */
export function checkOwnTurn(
  definition: Definition,
  { names, workflows, problems }: { names: TaskNames; workflows: WorkflowLibrary; problems: Problems },
): void {
  for (const { ref, does, concurrency } of definition.nodes) {
    const tree = names.get(ref)?.task.tree
    if (tree === undefined) continue
    const own = child(tree, 'concurrency')
    if (own !== undefined && concurrency !== undefined && sameKey(concurrency, definition.concurrency)) {
      problems.add({
        code: 'waits_for_itself',
        message: `the task "${ref}" would wait for its own run, which has the same concurrency key until it ends`,
        at: child(own, 'key') ?? own,
        help: 'Give it another key, or leave one of the two out.',
      })
    }
    const awaits =
      does.kind === 'workflow' && does.detached !== true && definition.workflows?.[does.workflow] !== undefined
    const started = awaits ? workflows.compiled(does.workflow) : undefined
    const entry = entryOf(tree, 'workflow')
    if (started === undefined || entry === undefined) continue
    const needed = keysIn(started)
    const key = [definition.concurrency, concurrency].flatMap(literalKey).find((held) => needed.has(held))
    if (key === undefined) continue
    problems.add({
      code: 'waits_for_itself',
      message: `the task "${ref}" waits for workflow "${started.id}", which needs the concurrency key "${key}" that is held meanwhile`,
      at: entry.value,
      help: 'Give one of them another key, or start it with detached: true.',
    })
  }
}

function sameKey(a: ConcurrencyDef, b: ConcurrencyDef | undefined): boolean {
  return b !== undefined && JSON.stringify(a.key) === JSON.stringify(b.key)
}

function literalKey(concurrency: ConcurrencyDef | undefined): readonly string[] {
  const key = concurrency?.key
  return typeof key === 'object' && 'lit' in key && typeof key.lit === 'string' ? [key.lit] : []
}

/** Keys that a workflow, its tasks and what it waits for need, as far as they are written out. */
function keysIn({ definition: { concurrency, nodes }, workflows }: CompiledWorkflow): ReadonlySet<string> {
  const awaited = nodes.flatMap(({ does }) =>
    does.kind === 'workflow' && does.detached !== true ? workflows.filter(({ id }) => id === does.workflow) : [],
  )
  return new Set([
    ...literalKey(concurrency),
    ...nodes.flatMap((node) => literalKey(node.concurrency)),
    ...awaited.flatMap((workflow) => [...keysIn(workflow)]),
  ])
}
