import type { CheckpointDef, CheckpointType, Expr, NodeDef } from '@wonder/engine'
import { readBudget } from './budget.ts'
import { concurrencyOf } from './concurrency.ts'
import { parseDuration } from './duration.ts'
import { type CompilerParts, entryRef } from './place.ts'
import type { Scope } from './scope.ts'
import { checkpointTypes } from './shapes/task-fields.ts'
import type { Task } from './task.ts'
import { child, entryOf, type Tree, textOf, textsOf } from './tree.ts'

/** Compiles what a task's node carries beside its work: compensate, checkpoint, concurrency, budget, cache. */
export class NodeSettings {
  readonly #parts: CompilerParts

  constructor(parts: CompilerParts) {
    this.#parts = parts
  }

  /** `before`: the scope of the task; `after`: the same once it is done, with its own output. */
  compile(task: Task, { before, after }: { readonly before: Scope; readonly after: Scope }): void {
    const { tree } = task
    const [undo] = task.compensate ?? []
    const more: Partial<NodeDef> = {
      ...(undo === undefined ? {} : { compensate: entryRef(undo) }),
      ...this.#checkpoint(task, child(tree, 'checkpoint'), after),
      ...this.#concurrency(task, before),
      ...this.#budget(child(tree, 'budget')),
      ...this.#cache(child(tree, 'cache'), before),
    }
    if (Object.keys(more).length > 0) this.#parts.builder.amend(task.id, more)
  }

  #concurrency({ id, tree }: Task, scope: Scope): Partial<NodeDef> {
    const limit = child(tree, 'concurrency')
    if (limit === undefined) return {}
    const { values, names } = this.#parts
    return { concurrency: concurrencyOf(limit, { values, scope, byDefault: `${names.workflow}.${id}` }) }
  }

  #budget(tree: Tree | undefined): Partial<NodeDef> {
    return tree === undefined ? {} : { budget: readBudget(tree) }
  }

  #cache(tree: Tree | undefined, scope: Scope): Partial<NodeDef> {
    if (tree === undefined || (tree.kind === 'scalar' && tree.value !== true)) return {}
    const key = child(tree, 'key')
    const time = parseDuration(textOf(child(tree, 'for')) ?? '')
    const stored = { ...scope, noSecrets: 'the key of a cache is stored' }
    return {
      cache: {
        ...(key === undefined ? {} : { key: this.#parts.values.value(key, stored).expr }),
        ...(time === undefined ? {} : { for: time }),
      },
    }
  }

  #checkpoint({ id, tree: task }: Task, tree: Tree | undefined, scope: Scope): Partial<NodeDef> {
    if (tree === undefined) return {}
    const word = textOf(tree) ?? textOf(child(tree, 'type'))
    const type: CheckpointType = checkpointTypes.find((each) => each === word) ?? 'progress'
    const stored = { ...scope, noSecrets: 'a checkpoint is stored with the run' }
    const text = (part: Tree) => this.#parts.values.template(part, stored, 'none')
    const summary = child(tree, 'summary')
    const role = child(tree, 'role')
    const reasons = textsOf(child(tree, 'reasons'))
    if (type !== 'decision-needed') this.#decides(tree, type)
    const checkpoint: CheckpointDef = {
      type,
      summary: summary === undefined ? { lit: textOf(child(task, 'name')) ?? id } : text(summary),
      ...this.#required(child(tree, 'required_action'), text),
      ...(role === undefined ? {} : { role: text(role) }),
      ...(reasons.length === 0 ? {} : { reasons }),
    }
    return { checkpoint }
  }

  #required(tree: Tree | undefined, text: (part: Tree) => Expr): Pick<CheckpointDef, 'required'> {
    const instructions = child(tree, 'instructions')
    if (instructions === undefined) return {}
    return { required: { kind: textOf(child(tree, 'kind')) ?? '', instructions: text(instructions) } }
  }

  /** Only a decision is somebody's to take. */
  #decides(tree: Tree, type: CheckpointType): void {
    for (const name of ['role', 'required_action']) {
      const entry = entryOf(tree, name)
      if (entry === undefined || (name === 'required_action' && type === 'blocked')) continue
      this.#parts.problems.add({
        code: 'field_not_here',
        message: `"${name}" has no meaning on a checkpoint of type ${type}: nobody is asked`,
        at: { file: tree.file, span: entry.keySpan },
        help: 'Write type: decision-needed.',
      })
    }
  }
}
