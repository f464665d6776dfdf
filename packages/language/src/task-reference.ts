import type { JsonSchema } from '@wonder/context'
import { type ErrorCode, nearest } from '@wonder/errors'
import type { Reference } from '@wonder/templates'
import { mayBePassedOver } from './detours.ts'
import { errorSchema } from './known-schemas.ts'
import type { ReferenceCheck, Written } from './reference-check.ts'
import type { Scope } from './scope.ts'
import type { Task } from './task.ts'
import type { NamedTask } from './task-names.ts'
import { child, entryOf, type MapTree, textOf } from './tree.ts'

const FIELDS = ['output', 'status', 'error', 'artifact', 'usage', 'failed', 'stats', 'children']

type TaskReference = {
  readonly check: ReferenceCheck
  readonly reference: Reference
  readonly scope: Scope
  readonly tasks: NonNullable<Scope['tasks']>
  readonly place: Written
}

/** Checks `tasks.<id>.…`: the task exists, has run there, and has such an output. */
export function checkTaskReference(asked: TaskReference): JsonSchema | undefined {
  const { check, reference, tasks, place } = asked
  const { path } = reference
  const id = path[1]
  if (typeof id !== 'string') return undefined
  const named = tasks.names.get(id)
  if (named === undefined) {
    const near = nearest(id, tasks.flow.ids()) ?? nearest(id, tasks.names.ids())
    return check.unknown(path, 1, place, {
      code: 'unknown_task',
      message: `there is no task "${id}" in workflow "${tasks.names.workflow}"`,
      help: near === undefined ? undefined : `Did you mean "${near}"?`,
    })
  }
  if (tasks.flow.of(id) === undefined) return named.unreachable ? undefined : outOfSight(asked, named)
  if (named.task.broken || named.unreachable) return undefined
  return mayBeSkipped(asked, named) ? undefined : field(asked, named)
}

/** The task is there and cannot be seen, or has not run. */
function outOfSight({ check, reference, tasks, place }: TaskReference, named: NamedTask): undefined {
  const { path } = reference
  const { id } = named.task
  const here = chainOf(tasks.self === undefined ? undefined : tasks.names.get(tasks.self))
  const there = chainOf(named)
  const say = (code: ErrorCode, message: string, help?: string) =>
    check.unknown(path, 1, place, { code, message, help })
  if (id === tasks.self) return say('task_not_run_yet', 'a task cannot read its own output')
  if (here.includes(named)) return say('task_not_run_yet', `"${id}" is the group around: it ends after this task`)
  const parting = there.findIndex((step, index) => step !== here[index])
  const apart = there[parting]
  const group = apart?.group
  if (apart !== undefined && group !== undefined && here[parting] !== undefined && here[parting]?.body !== apart.body) {
    const parallel = group.task.kind === 'parallel'
    const message = parallel ? `"${id}" runs at the same time` : `"${id}" is on another way of "${group.task.id}"`
    return say('task_in_other_branch', message, parallel ? `Read it after "${group.task.id}".` : undefined)
  }
  const hidden = apart === undefined || apart.group !== undefined ? undefined : tasks.hidden?.(apart.task.id)
  if (hidden !== undefined && (apart === named || tasks.flow.of(apart?.task.id ?? '') === undefined)) {
    return say(hidden.code, hidden.message, hidden.help)
  }
  if (apart === undefined || apart === named)
    return say('task_not_run_yet', `"${id}" has not run when this is read`, `Put "${id}" before this task.`)
  if (there[parting + 1]?.body === 'on_error') {
    return say('task_inside_group', `"${id}" runs only when "${apart.task.id}" fails, and cannot be seen from here`)
  }
  if (there[parting + 1]?.body === 'too_late') {
    return say(
      'task_inside_group',
      `"${id}" runs only when "${apart.task.id}" takes too long, and cannot be seen from here`,
    )
  }
  if (there[parting + 1]?.body === 'compensate') {
    return say('task_inside_group', `"${id}" runs only to undo "${apart.task.id}", and cannot be seen from here`)
  }
  const direct = named.group === apart
  const { kind } = apart.task
  const help = direct ? `Use ${throughGroup(kind, apart.task.id, id)}.` : `Use tasks.${apart.task.id}.output.`
  return say('task_inside_group', `"${id}" is inside the group "${apart.task.id}" and cannot be seen from here`, help)
}

/** The groups around a task from the outermost, and the task. */
function chainOf(named: NamedTask | undefined): readonly NamedTask[] {
  return named === undefined ? [] : [...chainOf(named.group), named]
}

function throughGroup(kind: string, group: string, id: string): string {
  if (kind === 'parallel') return `tasks.${group}.output.${id}`
  if (kind === 'each') return `tasks.${group}.output, a list with one value for each item`
  return kind === 'route' ? `tasks.${group}.output.output` : `tasks.${group}.output`
}

/** Reading into the output of a task that may not have run: true when that was told. */
function mayBeSkipped({ check, reference, scope, tasks, place }: TaskReference, { task }: NamedTask): boolean {
  const { path, optional } = reference
  const certainty = tasks.flow.of(task.id)
  if (certainty === 'done' || certainty === undefined || optional || tasks.asked.has(task.id)) return false
  // A task that was skipped or failed has a status, and null for its output. One that was passed over has nothing.
  const harmless = path[2] === 'status' || path[2] === 'error' || path.length <= 3
  if (path.length <= 2 || (certainty !== 'jump' && harmless)) return false
  const condition = child(task.tree, 'if')
  const own = condition === undefined ? undefined : textOf(condition)
  if (certainty === 'if' && own !== undefined && tasks.ifs.has(own)) return false
  const read = path.join('.')
  const safe = `tasks.?${path.slice(1).join('.?')}.orValue(…)`
  const why = {
    if: `"${task.id}" may be skipped by its \`if\`, and then has no output`,
    failed: `"${task.id}" may ${passedOver(task.tree)} and be passed over, and then has no output`,
    jump: `not every way leads through "${task.id}"`,
  }[certainty]
  check.problems.add({
    code: 'may_be_skipped',
    severity: certainty === 'failed' ? 'warning' : 'error',
    message: why,
    at: place.at(0, place.written.startsWith(read) ? read.length : place.written.length),
    help:
      scope.cel !== true
        ? `Say what holds then: {{ default ${read} 'none' }}, or in CEL ${safe}.`
        : `Say what holds then: ${safe}.`,
  })
  return true
}

function field(asked: TaskReference, named: NamedTask): JsonSchema | undefined {
  const { check, reference, scope, place } = asked
  const { path, optional } = reference
  const { id } = named.task
  const name = path[2]
  if (name === undefined) return undefined
  if (!FIELDS.includes(String(name))) {
    const inOutput = hasField(named.output, String(name))
    const near = nearest(String(name), FIELDS)
    return check.unknown(path, 2, place, {
      code: 'unknown_field_of_output',
      message: `tasks.${id} has no field "${name}"`,
      help: inOutput
        ? `Did you mean "tasks.${id}.output.${name}"?`
        : near === undefined
          ? `Its fields are ${FIELDS.join(', ')}.`
          : `Did you mean "${near}"?`,
    })
  }
  if (name === 'artifact' && entryOf(named.task.tree, 'save') === undefined) {
    return check.unknown(path, 2, place, {
      code: 'unknown_field_of_output',
      message: `"${id}" saves no artifact`,
      help: `Add to it save: ${id}.txt, or another name.`,
    })
  }
  if (name === 'children') return childOf(asked, named)
  if ((name === 'failed' || name === 'stats') && named.task.kind !== 'each') {
    return check.unknown(path, 2, place, {
      code: 'unknown_field_of_output',
      message: `only each has "${name}", and "${id}" is ${named.task.kind}`,
    })
  }
  if (name === 'status') return { type: 'string' }
  if (name === 'error') return check.inside(errorSchema, path, { from: 3, optional, place, scope })
  if (name !== 'output') return undefined
  childMayBeMissing(asked, named)
  return check.inside(named.output, path, { from: 3, optional, place, scope })
}

/** Reading into what a task of parallel gave, when that may be null: a warning, unless the text or an `if` asks. */
function childMayBeMissing({ check, reference, scope, tasks, place }: TaskReference, { task }: NamedTask): void {
  const { path, optional } = reference
  const [, , , name, more] = path
  if (task.kind !== 'parallel' || more === undefined || optional || tasks.asked.has(task.id)) return
  const inner = task.bodies.flatMap((body) => body.tasks).find(({ id }) => id === name)
  const why = inner === undefined ? undefined : nullOf(inner, textOf(child(task.tree, 'strategy')))
  if (why === undefined || tasks.asked.has(`${task.id}.${name}`)) return
  const read = path.join('.')
  const safe = `tasks.?${path.slice(1).join('.?')}.orValue(…)`
  check.problems.add({
    code: 'may_be_skipped',
    severity: 'warning',
    message: `"${name}" ${why}, and then has no output`,
    at: place.at(0, place.written.startsWith(read) ? read.length : place.written.length),
    help: `Say what holds then: ${scope.cel === true ? '' : `{{ default ${read} 'none' }}, or in CEL `}${safe}.`,
  })
}

function nullOf({ tree }: Task, strategy: string | undefined): string | undefined {
  if (strategy === 'race') return 'is cancelled when another comes first'
  if (strategy === 'best_effort') return 'may fail without failing its group'
  if (entryOf(tree, 'if') !== undefined) return 'may be skipped by its `if`'
  return mayBePassedOver(tree) ? `may ${passedOver(tree)} and be passed over` : undefined
}

/** `tasks.<group>.children.<id>`: the tasks of parallel, with status and error, as seen from outside. */
function childOf({ check, reference, place }: TaskReference, { task }: NamedTask): undefined {
  const { path } = reference
  const name = path[3]
  if (task.kind !== 'parallel') {
    const message = `only parallel has "children", and "${task.id}" is ${task.kind}`
    return check.unknown(path, 2, place, { code: 'unknown_field_of_output', message })
  }
  const names = task.bodies.flatMap((body) => body.tasks.map((inner) => inner.id))
  if (name === undefined || names.includes(String(name))) return undefined
  const near = nearest(String(name), names)
  return check.unknown(path, 3, place, {
    code: 'unknown_task',
    message: `"${task.id}" has no task "${name}"`,
    help: near === undefined ? `Its tasks are ${names.join(', ')}.` : `Did you mean "${near}"?`,
  })
}

function hasField(schema: JsonSchema | undefined, name: string): boolean {
  return typeof schema === 'object' && schema.properties !== undefined && Object.hasOwn(schema.properties, name)
}

/** Why a task is passed over, by what it says of it. */
function passedOver(tree: MapTree): string {
  const late = entryOf(tree, 'on_timeout') !== undefined || entryOf(tree, 'on_expiry') !== undefined
  if (!late) return 'fail'
  return entryOf(tree, 'on_error') === undefined ? 'take too long' : 'fail or take too long'
}
