import type { Expr, NodeWork } from '@wonder/engine'
import { ChildCompiler } from './child-compiler.ts'
import { GroupCompiler } from './group-compiler.ts'
import type { ListCompiler } from './list-compiler.ts'
import { type CompilerParts, leave, type NodeExtra, nodeOf, type Place, type TaskResult } from './place.ts'
import { SetCompiler } from './set-compiler.ts'
import type { Task } from './task.ts'
import { taskPolicy } from './task-settings.ts'
import { child } from './tree.ts'
import { WaitingCompiler } from './waiting-compiler.ts'
import { singleStep } from './work-compiler.ts'

/** Compiles one task: its node, or those of a group, and the way on. */
export class TaskCompiler {
  readonly #parts: CompilerParts
  readonly #groups: GroupCompiler
  readonly #sets: SetCompiler
  readonly #waiting: WaitingCompiler
  readonly #children: ChildCompiler

  constructor(parts: CompilerParts, lists: ListCompiler) {
    this.#parts = parts
    this.#groups = new GroupCompiler(lists)
    this.#sets = new SetCompiler(parts)
    this.#waiting = new WaitingCompiler(parts)
    this.#children = new ChildCompiler(parts)
  }

  compile(task: Task, place: Place, extra: NodeExtra): TaskResult {
    switch (task.kind) {
      case 'each':
      case 'parallel':
      case 'route':
      case 'sequence':
      case 'loop':
        return this.#groups.compile(task, place, extra)
      case 'set':
      case 'collect':
      case 'end':
      case 'fail': {
        const does = this.#sets.compile(task, place)
        this.#node(task, place, does.work, extra)
        return { schema: does.schema }
      }
      case 'sleep':
      case 'wait':
      case 'signal':
      case 'ask': {
        const does = this.#waiting.compile(task, place, extra.tooLate)
        this.#node(task, place, does.work, extra)
        return { schema: does.schema }
      }
      case 'workflow': {
        const does = this.#children.compile(task, place.scope)
        this.#node(task, place, does.work, extra)
        return { schema: does.schema }
      }
      case 'use':
        return this.#use(task, place, extra)
      default:
        return this.#work(task, place, extra)
    }
  }

  #work(task: Task, place: Place, extra: NodeExtra) {
    const { work, builder, defaults } = this.#parts
    const made = work.compile(task.kind, task.tree, task.value, place.scope)
    if (made === undefined) return { schema: undefined }
    const policy = taskPolicy([task.tree, ...defaults], task.kind, made.asks)
    builder.tasks[task.id] = { steps: singleStep(made.action), ...policy }
    this.#node(task, place, { kind: 'task', task: task.id, input: made.config, ...this.#saved(task, place) }, extra)
    return { schema: made.output }
  }

  #use(task: Task, place: Place, extra: NodeExtra) {
    const { uses, builder, defaults } = this.#parts
    const made = uses.compile(task, place.scope, defaults)
    if (made === undefined) return { schema: undefined }
    builder.tasks[task.id] = made.task
    this.#node(task, place, { kind: 'task', task: task.id, input: made.input, ...this.#saved(task, place) }, extra)
    return { schema: made.task.output }
  }

  /** The name of the artifact that the task's text becomes. */
  #saved(task: Task, place: Place): { readonly save?: Expr } {
    const save = child(task.tree, 'save')
    if (save === undefined) return {}
    const scope = { ...place.scope, noSecrets: 'names are stored with the run' }
    return { save: this.#parts.values.template(save, scope, 'none') }
  }

  /** One node and the way on from it. */
  #node(task: Task, place: Place, does: NodeWork, extra: NodeExtra): void {
    const { builder } = this.#parts
    builder.node(nodeOf(task.id, does, { ...extra, error: place.error }))
    const ends = does.kind === 'end' || does.kind === 'fail'
    if (ends && extra.when === undefined) return
    leave(builder, task.id, place.exit)
  }
}
