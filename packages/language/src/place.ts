import type { JsonSchema } from '@wonder/context'
import type { NodeDef, NodeWork, OutlineItem, TransitionDef } from '@wonder/engine'
import type { DefinitionBuilder } from './definition-builder.ts'
import type { Flow } from './flow.ts'
import type { Problems } from './problems.ts'
import type { Scope } from './scope.ts'
import type { Task } from './task.ts'
import type { TaskNames } from './task-names.ts'
import { entryOf, type Tree } from './tree.ts'
import type { UseCompiler } from './use-compiler.ts'
import type { ValueCompiler } from './value-compiler.ts'
import type { WorkCompiler } from './work-compiler.ts'
import type { WorkflowLibrary } from './workflow-library.ts'

/** Where a task leads; undefined: a token ends there. */
export type Exit = Way | undefined

type Way = {
  readonly to: string
  readonly join?: NonNullable<TransitionDef['join']>
  /** Where it leads when it was skipped: `next` is for a task that ran. */
  readonly skipped?: { readonly exit: Exit } | undefined
}

/** What surrounds a list. */
export type Place = {
  readonly scope: Scope
  readonly flow: Flow
  readonly exit: Exit
  /** The branch of each or parallel that this is in. */
  readonly branch: string | undefined
  /** Whose `error` is in scope. */
  readonly error: string | undefined
  /** Tasks of parallel: they follow nothing and lead nowhere but to the join. */
  readonly parallel?: boolean
  /** Tasks without an `on_error` of their own wait for a person when they fail. */
  readonly blocks?: boolean
  /** A node of a graph: transitions say what follows. Undefined inside of its lists. */
  readonly graph?: GraphPlace | undefined
}

export type GraphPlace = {
  readonly workflow: string
  /** Nodes of the graph by their ids. */
  readonly nodes: ReadonlyMap<string, Task>
}

export type ListResult = {
  /** The node where the list begins; undefined when it is empty. */
  readonly entry: string | undefined
  /** What has run at its end; undefined when its end is never reached. */
  readonly flow: Flow | undefined
  readonly outline: readonly OutlineItem[]
  /** Schema of the last task's output. */
  readonly last: JsonSchema | undefined
}

export type CompilerParts = {
  readonly problems: Problems
  readonly builder: DefinitionBuilder
  readonly values: ValueCompiler
  readonly work: WorkCompiler
  readonly uses: UseCompiler
  readonly names: TaskNames
  /** Other workflows of the project. */
  readonly workflows: WorkflowLibrary
  /** `defaults` of the workflow and of the project. */
  readonly defaults: readonly (Tree | undefined)[]
}

/** Where the token of a task stands first: groups begin at a node of their own, and at another when they have an `if`. */
export function entryRef(task: Task): string {
  if (task.bodies.length === 0 && !['each', 'parallel', 'route', 'sequence', 'loop'].includes(task.kind)) return task.id
  return entryOf(task.tree, 'if') === undefined ? `${task.id}:open` : `${task.id}:if`
}

/** What a task's own node carries beside its work. */
export type NodeExtra = {
  readonly when: string | undefined
  readonly onError: NodeDef['onError']
  /** What follows when it has waited too long. */
  readonly tooLate?: TooLate | undefined
}

export type TooLate = 'fail' | 'continue' | { readonly to: string }

/** What compiling one task gives. */
export type TaskResult = {
  readonly schema: JsonSchema | undefined
  /** No way leads out of it. */
  readonly ends?: boolean
  readonly outline?: Partial<OutlineItem>
}

/** The way on from a node. */
export function leave(builder: DefinitionBuilder, from: string, exit: Exit): void {
  if (exit === undefined) return
  const join = exit.join === undefined ? {} : { join: exit.join }
  if (exit.skipped === undefined) return builder.transition({ from, to: exit.to, ...join })
  builder.transition({ from, to: exit.to, if: `tasks["${from}"].status != "skipped"`, ...join })
  const { exit: other } = exit.skipped
  if (other === undefined) return
  builder.transition({ from, to: other.to, priority: 1, ...(other.join === undefined ? {} : { join: other.join }) })
}

export function nodeOf(
  ref: string,
  does: NodeWork,
  extra: {
    readonly when?: string | undefined
    readonly onError?: NodeDef['onError'] | undefined
    readonly error?: string | undefined
  },
): NodeDef {
  return {
    ref,
    ...(extra.when === undefined ? {} : { when: extra.when }),
    does,
    ...(extra.onError === undefined ? {} : { onError: extra.onError }),
    ...(extra.error === undefined ? {} : { error: extra.error }),
  }
}
