import type { FormCheck } from './check-tasks.ts'
import { isTaskKind, type TaskKind } from './shapes/task-shape.ts'
import { child, entriesOf, entryOf, itemsOf, type MapTree, type Tree, textOf } from './tree.ts'

/** A task as it was written, with the lists inside it. */
export type Task = {
  readonly id: string
  readonly kind: TaskKind
  readonly tree: MapTree
  /** What its kind's key says. */
  readonly value: Tree
  /** Its form is wrong: it has an id, and nothing is said of it any more by those that read it. */
  readonly broken: boolean
  /** Of a broken task: what can be compiled of it, to find what else is wrong. */
  readonly soundPart?: MapTree
  readonly bodies: readonly Body[]
  /** Tasks of `on_error`. */
  readonly onError?: readonly Task[]
  /** Tasks of `on_timeout` or `on_expiry`. */
  readonly tooLate?: readonly Task[]
  /** Tasks of `compensate`. */
  readonly compensate?: readonly Task[]
}

/** A list inside a group: of a route's arm, of each, … */
export type Body = {
  readonly tasks: readonly Task[]
  /** CEL of the arm, or the case. */
  readonly if?: Tree
  readonly case?: { readonly label: string; readonly tree: Tree }
  readonly tree: Tree
}

/** Reads a checked list. Tasks without a readable id are left out: they were told of already. */
export function readTasks(tree: Tree | undefined, form: FormCheck): readonly Task[] {
  return itemsOf(tree).flatMap((item) => readTask(item, form) ?? [])
}

function readTask(tree: Tree, form: FormCheck): Task | undefined {
  const id = textOf(child(tree, 'id'))
  if (tree.kind !== 'map' || id === undefined) return undefined
  const found = tree.entries.find(({ key }) => isTaskKind(key))
  const broken = form.isBroken(tree)
  if (found === undefined || !isTaskKind(found.key))
    return { id, kind: 'end', tree, value: tree, broken: true, bodies: [] }
  const handler = child(tree, 'on_error')
  const onError = handler?.kind === 'list' ? { onError: readTasks(handler, form) } : {}
  const late = child(tree, 'on_timeout') ?? child(tree, 'on_expiry')
  const tooLate = late?.kind === 'list' ? { tooLate: readTasks(late, form) } : {}
  const undo = child(tree, 'compensate')
  const compensate = undo === undefined ? {} : { compensate: readTasks(undo, form) }
  const bodies = readBodies(found.key, tree, found.value, form)
  const sound = form.soundPart(tree)
  const soundPart = sound === undefined ? {} : { soundPart: sound }
  const lists = { bodies, ...onError, ...tooLate, ...compensate }
  return { id, kind: found.key, tree, value: found.value, broken, ...soundPart, ...lists }
}

function readBodies(kind: TaskKind, tree: MapTree, value: Tree, form: FormCheck): readonly Body[] {
  switch (kind) {
    case 'each': {
      const list = child(tree, 'do')
      return list === undefined ? [] : [{ tasks: readTasks(list, form), tree: list }]
    }
    case 'parallel':
      return readTasks(value, form).map((task) => ({ tasks: [task], tree: task.tree }))
    case 'loop': {
      const list = child(value, 'do')
      return list === undefined ? [] : [{ tasks: readTasks(list, form), tree: list }]
    }
    case 'sequence':
      return [{ tasks: readTasks(value, form), tree: value }]
    case 'route':
      return value.kind === 'list' ? readArms(value.items, form) : readCases(tree, form)
    default:
      return []
  }
}

function readArms(items: readonly Tree[], form: FormCheck): readonly Body[] {
  return items.flatMap((arm) => {
    const condition = child(arm, 'if')
    const list = child(arm, 'do')
    if (list === undefined) return []
    return [{ tasks: readTasks(list, form), tree: arm, ...(condition === undefined ? {} : { if: condition }) }]
  })
}

function readCases(tree: MapTree, form: FormCheck): readonly Body[] {
  return entriesOf(entryOf(tree, 'cases')?.value).map(({ key, value }) => ({
    tasks: readTasks(value, form),
    tree: value,
    case: { label: key, tree: value },
  }))
}
