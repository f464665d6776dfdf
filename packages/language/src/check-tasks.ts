import { nearest } from '@wonder/errors'
import { addHelp, all, firstKey, habitHelp, ShapeCheck, shownSpan } from './check-shape.ts'
import type { Problems } from './problems.ts'
import type { ObjectShape } from './shape.ts'
import { isProcessorKind, processorFields, processorKinds } from './shapes/processor-shape.ts'
import { stepFields, stepKinds } from './shapes/reusable-shape.ts'
import { commonFields, limitFields, passedFields, workFields } from './shapes/task-fields.ts'
import { taskHabits } from './shapes/task-habits.ts'
import { fieldsOf, isTaskKind, kinds, laterKinds, type TaskKind } from './shapes/task-shape.ts'
import { describeTree, type Entry, entryOf, type MapTree, type Tree } from './tree.ts'

/** Checks the form of files, and remembers which tasks and steps cannot be compiled. */
export class FormCheck {
  readonly #problems: Problems
  readonly #broken = new Set<Tree>()
  /** Of broken tasks: what is left without the fields that are wrong. */
  readonly #sound = new Map<Tree, MapTree>()
  readonly #shapes: ShapeCheck

  constructor(problems: Problems) {
    this.#problems = problems
    this.#shapes = new ShapeCheck(problems, {
      tasks: (tree, some, what) => this.#list(tree, what, (item) => this.#task(item), some),
      steps: (tree) => this.#list(tree, 'steps', (item) => this.#step(item)),
      work: (tree, what) => this.#work(tree, what),
    })
  }

  /** A whole file, or a part of one. */
  check(tree: Tree, shape: ObjectShape): boolean {
    return this.#shapes.object(tree, shape, shape.name)
  }

  isBroken(tree: Tree): boolean {
    return this.#broken.has(tree)
  }

  /** What can be compiled of a broken task, to find what else is wrong. Undefined: nothing. */
  soundPart(tree: Tree): MapTree | undefined {
    return this.#sound.get(tree)
  }

  #list(tree: Tree, what: string, check: (item: Tree) => boolean, some = true): boolean {
    if (tree.kind === 'list' && (tree.items.length > 0 || !some)) {
      for (const item of tree.items) if (!check(item)) this.#broken.add(item)
      return true
    }
    const isMap = tree.kind === 'map' && tree.entries.length > 0
    this.#problems.add({
      code: 'wrong_type',
      message: `${what} must be a list of ${what === 'steps' ? what : 'tasks'}, and it is ${describeTree(tree)}`,
      at: { file: tree.file, span: isMap ? firstKey(tree) : shownSpan(tree) },
      help: isMap ? 'Begin each with "- id: …".' : undefined,
    })
    return false
  }

  #task(tree: Tree): boolean {
    if (tree.kind !== 'map') return this.#noTask(tree, 'task')
    const written = tree.entries.filter(({ key }) => isTaskKind(key))
    const later = tree.entries.find(({ key }) => laterKinds.includes(key))
    if (later !== undefined) return this.#laterKind(later, written[0])
    const [first, second] = written
    if (second !== undefined) return this.#ambiguous(first as Entry, second)
    if (first === undefined || !isTaskKind(first.key)) return this.#noKind(tree, Object.keys(kinds))
    const fields = fieldsOf(first.key)
    const shape: ObjectShape = { is: 'object', name: `a task of kind ${first.key}`, fields, habits: taskHabits }
    const sound = tree.entries.filter((entry) => this.#field(entry, shape, first.key as TaskKind))
    if (!this.#complete(tree, shape) || !this.#id(tree, first.key)) return false
    if (sound.length === tree.entries.length) return true
    const own = [first.key, ...Object.keys(kinds[first.key].fields)]
    const faulty = tree.entries.filter((entry) => !sound.includes(entry))
    if (!faulty.some((entry) => standsFor(entry, own))) this.#sound.set(tree, { ...tree, entries: sound })
    return false
  }

  #field(entry: Entry, shape: ObjectShape, kind: TaskKind): boolean {
    if (entry.key === kind) return this.#shapes.check(entry.value, kinds[kind].value, kind)
    if (Object.hasOwn(shape.fields, entry.key)) return this.#shapes.field(entry, shape)
    const { sort } = kinds[kind]
    const group = sort === 'group'
    if (group && (entry.key === 'timeout' || entry.key === 'retry'))
      return this.#notHere(entry, kind, 'Set it on the tasks inside.')
    if (Object.hasOwn(workFields, entry.key) || Object.hasOwn(limitFields, entry.key)) {
      const works = Object.keys(kinds).filter((name) => isTaskKind(name) && Object.hasOwn(fieldsOf(name), entry.key))
      const all = works.join(', ').replace(/, ([^,]*)$/, ' and $1')
      return this.#notHere(entry, kind, group ? 'Set it on the tasks inside.' : `It works on ${all}.`)
    }
    if (Object.hasOwn(passedFields, entry.key)) return this.#notHere(entry, kind, 'The run ends here.')
    const { value } = kinds[kind]
    if (value.is === 'object' && Object.hasOwn(value.fields, entry.key)) {
      return this.#notHere(entry, kind, `Write it inside: ${kind}: { …, ${entry.key}: … }.`)
    }
    const owners = Object.entries(kinds).flatMap(([name, { fields }]) =>
      Object.hasOwn(fields, entry.key) ? [name] : [],
    )
    if (owners.length > 0) return this.#notHere(entry, kind, `It belongs to ${owners.join(', ')}.`)
    return this.#shapes.unknown(entry, shape)
  }

  #notHere(entry: Entry, kind: string, help: string): false {
    return this.#notIn(entry, `task of kind ${kind}`, help)
  }

  #notIn(entry: Entry, what: string, help: string): false {
    const at = { file: entry.value.file, span: entry.keySpan }
    this.#problems.add({
      code: 'field_not_here',
      message: `"${entry.key}" has no meaning on a ${what}`,
      at,
      help,
    })
    return false
  }

  #laterKind(later: Entry, other: Entry | undefined): false {
    if (other !== undefined) this.#ambiguous(other, later)
    else this.#shapes.later(later, 'error')
    return false
  }

  #ambiguous(first: Entry, second: Entry): false {
    this.#problems.add({
      code: 'ambiguous_kind',
      message: `a task is of one kind, and this one is both ${first.key} and ${second.key}`,
      at: { file: second.value.file, span: second.keySpan },
      help: 'Make two tasks of it.',
    })
    return false
  }

  #noKind(tree: MapTree, names: readonly string[]): false {
    const habit = tree.entries.find(
      ({ key }) => Object.hasOwn(taskHabits, key) && key !== 'description' && key !== 'title',
    )
    const at = { file: tree.file, span: habit?.keySpan ?? firstKey(tree) }
    if (habit !== undefined) {
      const message = `"${habit.key}" is the word of another tool`
      this.#problems.add({ code: 'other_word', message, at, help: habitHelp(taskHabits[habit.key] ?? '', habit.value) })
      return false
    }
    const fields = { ...commonFields, ...passedFields, ...limitFields, ...workFields }
    const known = new Set([...Object.keys(fields), 'with', 'do', 'cases', 'strategy'])
    const misspelt = tree.entries.find(({ key }) => !known.has(key) && nearest(key, names) !== undefined)
    if (misspelt !== undefined) {
      this.#problems.add({
        code: 'unknown_field',
        message: `there is no kind of task "${misspelt.key}"`,
        at: { file: tree.file, span: misspelt.keySpan },
        help: `Did you mean "${nearest(misspelt.key, names)}"?`,
      })
      return false
    }
    this.#problems.add({
      code: 'missing_kind',
      message: 'this task does not say what it does',
      at,
      help: `Add one of ${names.join(', ')}.`,
    })
    return false
  }

  #noTask(tree: Tree, what: string, instead = '- { id: …, shell: […] }'): false {
    const message = `a ${what} must be a map, and it is ${describeTree(tree)}`
    const help = `Write ${instead}, or another kind.`
    this.#problems.add({ code: 'wrong_type', message, at: { file: tree.file, span: shownSpan(tree) }, help })
    return false
  }

  #complete(tree: MapTree, shape: ObjectShape): boolean {
    return all(Object.entries(shape.fields), ([name, field]) => {
      if (field.required !== true || name === 'id' || entryOf(tree, name) !== undefined) return true
      const message = `${shape.name} needs "${name}"`
      this.#problems.add({
        code: 'missing_field',
        message,
        at: { file: tree.file, span: firstKey(tree) },
        help: addHelp(name, field),
      })
      return false
    })
  }

  #id(tree: MapTree, kind: string): boolean {
    if (entryOf(tree, 'id') !== undefined) return true
    this.#problems.add({
      code: 'missing_field',
      message: 'every task needs an id',
      at: { file: tree.file, span: firstKey(tree) },
      help: `Add id: ${kind === 'shell' || kind === 'tool' ? 'what_it_does' : `my_${kind}`}.`,
    })
    return false
  }

  #step(tree: Tree): boolean {
    if (tree.kind !== 'map') return this.#noTask(tree, 'step')
    const names: readonly string[] = stepKinds
    const written = tree.entries.filter(({ key }) => names.includes(key))
    const [first, second] = written
    if (second !== undefined) return this.#ambiguous(first as Entry, second)
    const other = tree.entries.find(({ key }) => isTaskKind(key) || laterKinds.includes(key))
    if (first === undefined && other !== undefined) return this.#notStep(other, names)
    if (first === undefined || !isTaskKind(first.key)) return this.#noKind(tree, names)
    const kind = first.key
    const fields = { ...stepFields, ...kinds[kind].fields, [kind]: { shape: kinds[kind].value, doc: kinds[kind].doc } }
    const shape: ObjectShape = {
      is: 'object',
      name: `a step of kind ${kind}`,
      fields,
      habits: { ...taskHabits, on_error: 'on_failure', retry: 'on_failure: retry' },
    }
    const sound = all(tree.entries, (entry) => this.#shapes.field(entry, shape))
    return this.#complete(tree, shape) && this.#id(tree, kind) && sound
  }

  /** The processor of a wait: one work of an executor, which nothing refers to by an id. */
  #work(tree: Tree, what: string): boolean {
    if (tree.kind !== 'map') return this.#noTask(tree, what, `${what}: { shell: […] }`)
    const written = tree.entries.filter(({ key }) => isProcessorKind(key))
    const [first, second] = written
    if (second !== undefined) return this.#ambiguous(first as Entry, second)
    const other = tree.entries.find(({ key }) => isTaskKind(key) || laterKinds.includes(key))
    if (first === undefined && other !== undefined) {
      return this.#notIn(other, what, `It is one of ${processorKinds.join(', ')}.`)
    }
    const id = entryOf(tree, 'id')
    if (id !== undefined) return this.#notIn(id, what, `Remove it; what it gives is \`${what}\` in \`until\`.`)
    if (first === undefined || !isProcessorKind(first.key)) return this.#noKind(tree, processorKinds)
    const shape: ObjectShape = {
      is: 'object',
      name: `a ${what}`,
      fields: processorFields(first.key),
      habits: taskHabits,
    }
    const sound = all(tree.entries, (entry) => this.#shapes.field(entry, shape))
    return this.#complete(tree, shape) && sound
  }

  #notStep(entry: Entry, names: readonly string[]): false {
    this.#problems.add({
      code: 'field_not_here',
      message: `"${entry.key}" cannot be a step of a reusable task`,
      at: { file: entry.value.file, span: entry.keySpan },
      help: `Steps are ${names.join(', ')}.`,
    })
    return false
  }
}

/** Is a faulty field one of these, or may it have been meant as one? Without it they would be told as missing too. */
function standsFor({ key, value }: Entry, names: readonly string[]): boolean {
  const habit = Object.hasOwn(taskHabits, key) ? (taskHabits[key] ?? '') : ''
  const known = Object.hasOwn(commonFields, key) || Object.hasOwn(passedFields, key)
  const map = value.kind === 'map' && !known && !Object.hasOwn(limitFields, key) && !Object.hasOwn(workFields, key)
  return map || nearest(key, names) !== undefined || names.some((name) => key === name || habit.includes(name))
}
