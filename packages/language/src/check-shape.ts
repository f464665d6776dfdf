import { nearest } from '@wonder/errors'
import type { Problems } from './problems.ts'
import { type Field, type ObjectShape, type Shape, TEXT_FORMS } from './shape.ts'
import { describeTree, type Entry, entryOf, type MapTree, type ScalarTree, type Tree } from './tree.ts'

/** How lists of tasks and of steps are checked, which the shapes only name. */
export type ListChecks = {
  readonly tasks: (tree: Tree, some: boolean, what: string) => boolean
  readonly steps: (tree: Tree) => boolean
  readonly work: (tree: Tree, what: string) => boolean
}

/** Holds what was written against a shape. One problem for each mistake; false when there was one. */
export class ShapeCheck {
  readonly #problems: Problems
  readonly #lists: ListChecks

  constructor(problems: Problems, lists: ListChecks) {
    this.#problems = problems
    this.#lists = lists
  }

  check(tree: Tree, shape: Shape, what: string): boolean {
    switch (shape.is) {
      case 'value':
        return true
      case 'text':
        return this.#text(tree, shape, what)
      case 'number':
        return this.#number(tree, shape, what)
      case 'boolean':
        return tree.kind === 'scalar' && typeof tree.value === 'boolean'
          ? true
          : this.#wrong(tree, what, 'true or false')
      case 'list':
        return this.#list(tree, shape, what)
      case 'map':
        if (tree.kind !== 'map') return this.#wrong(tree, what, 'a map')
        return all(tree.entries, (entry) => this.check(entry.value, shape.of, `${what}.${entry.key}`))
      case 'object':
        return this.object(tree, shape, what)
      case 'either':
        return this.#either(tree, shape.of, what)
      case 'tasks':
        return this.#lists.tasks(tree, shape.some === true, what)
      case 'steps':
        return this.#lists.steps(tree)
      case 'work':
        return this.#lists.work(tree, what)
    }
  }

  object(tree: Tree, shape: ObjectShape, what: string): boolean {
    if (tree.kind !== 'map') return this.#wrong(tree, what, 'a map', undefined, wrapped(tree, shape))
    const known = all(tree.entries, (entry) => this.field(entry, shape))
    return this.#required(tree, shape) && known
  }

  /** One entry of an object. */
  field(entry: Entry, shape: ObjectShape): boolean {
    const field = Object.hasOwn(shape.fields, entry.key) ? shape.fields[entry.key] : undefined
    if (field === undefined) return this.unknown(entry, shape)
    if (field.later !== undefined) {
      this.later(entry, field.later)
      return field.later === 'warning'
    }
    return this.check(entry.value, field.shape, entry.key)
  }

  later(entry: Entry, severity: 'error' | 'warning'): void {
    this.#problems.add({
      code: 'not_available_yet',
      severity,
      message:
        severity === 'error'
          ? `"${entry.key}" is part of the language and is not available yet`
          : `"${entry.key}" is read and has no effect yet`,
      at: { file: entry.value.file, span: entry.keySpan },
      ...(severity === 'error' ? { help: 'Leave it out for now.' } : {}),
    })
  }

  unknown(entry: Entry, shape: ObjectShape): false {
    const at = { file: entry.value.file, span: entry.keySpan }
    const habit = shape.habits && Object.hasOwn(shape.habits, entry.key) ? shape.habits[entry.key] : undefined
    if (habit !== undefined) {
      this.#problems.add({
        code: 'other_word',
        message: `"${entry.key}" is the word of another tool`,
        at,
        help: habitHelp(habit, entry.value),
      })
      return false
    }
    const names = Object.keys(shape.fields)
    const near = nearest(entry.key, names)
    this.#problems.add({
      code: 'unknown_field',
      message: `${shape.name} has no field "${entry.key}"`,
      at,
      help: near === undefined ? fieldList(names) : `Did you mean "${near}"?`,
    })
    return false
  }

  #required(tree: MapTree, shape: ObjectShape): boolean {
    return all(Object.entries(shape.fields), ([name, field]: [string, Field]) => {
      if (field.required !== true || entryOf(tree, name)) return true
      // The only field there is was meant by whatever stands there.
      if (Object.keys(shape.fields).length === 1 && tree.entries.length > 0) return false
      if (field.unless?.some((other) => entryOf(tree, other) !== undefined)) return false
      // A field that was written under another tool's word has been told already.
      if (
        tree.entries.some(
          ({ key }) => new RegExp(`^${name}\\b`).test(shape.habits?.[key] ?? '') || nearest(key, [name]) !== undefined,
        )
      )
        return false
      this.#problems.add({
        code: field.missing ?? 'missing_field',
        message: `${shape.name} needs "${name}"`,
        at: { file: tree.file, span: firstKey(tree) },
        help: addHelp(name, field),
      })
      return false
    })
  }

  #text(tree: Tree, shape: Shape & { is: 'text' }, what: string): boolean {
    const value = tree.kind === 'scalar' ? tree.value : undefined
    if (shape.words !== undefined) return this.#word(tree, shape.words, what)
    if (typeof value !== 'string') {
      if (shape.form === 'cel' && typeof value === 'boolean') return true
      return this.#wrong(tree, what, shape.form === undefined ? 'a text' : TEXT_FORMS[shape.form].example)
    }
    const form = shape.form === undefined ? undefined : TEXT_FORMS[shape.form]
    if (form === undefined || form.pattern === '' || new RegExp(form.pattern).test(value)) return true
    const none = shape.form === 'limit' && /^[0.]+[a-z]+$/.test(value)
    const help = none ? 'It would be over before it begins: give it time, or leave it out.' : undefined
    return this.#wrong(tree, what, form.example, undefined, help)
  }

  #word(tree: Tree, words: readonly string[], what: string): boolean {
    const value = tree.kind === 'scalar' ? tree.value : undefined
    if (typeof value === 'string' && words.includes(value)) return true
    const near = typeof value === 'string' ? nearest(value, words) : undefined
    return this.#wrong(tree, what, words.join(', ').replace(/, ([^,]*)$/, ' or $1'), near)
  }

  #number(tree: Tree, shape: Shape & { is: 'number' }, what: string): boolean {
    const value = tree.kind === 'scalar' ? tree.value : undefined
    const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE, integer = false } = shape
    const fits = typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value))
    if (fits) return true
    const bounds = [
      ...(shape.min === undefined ? [] : [`at least ${shape.min}`]),
      ...(shape.max === undefined ? [] : [`at most ${shape.max}`]),
    ]
    const exact = shape.min !== undefined && shape.min === shape.max
    const range = bounds.length === 0 ? '' : ` of ${bounds.join(' and ')}`
    return this.#wrong(
      tree,
      what,
      exact ? `the number ${shape.min}` : `${integer ? 'a whole number' : 'a number'}${range}`,
    )
  }

  #list(tree: Tree, shape: Shape & { is: 'list' }, what: string): boolean {
    if (tree.kind !== 'list') return this.#wrong(tree, what, 'a list')
    if (shape.some === true && tree.items.length === 0) return this.#wrong(tree, what, 'a list with something in it')
    return all(tree.items, (item) => this.check(item, shape.of, `an item of ${what}`))
  }

  #either(tree: Tree, shapes: readonly Shape[], what: string): boolean {
    const fitting = shapes.find((shape) => accepts(shape, tree))
    if (fitting) return this.check(tree, fitting, what)
    return this.#wrong(tree, what, shapes.map(nameOf).join(' or '))
  }

  #wrong(tree: Tree, what: string, expected: string, near?: string, help?: string): false {
    const shown = tree.kind === 'scalar' && typeof tree.value === 'string' && tree.value.length < 40
    this.#problems.add({
      code: 'wrong_type',
      message: `${what} must be ${expected}, and it is ${shown ? JSON.stringify(tree.value) : describeTree(tree)}`,
      at: { file: tree.file, span: shownSpan(tree) },
      help: near === undefined ? help : `Did you mean "${near}"?`,
    })
    return false
  }
}

/** Is the tree of the kind of value that the shape is about? */
function accepts(shape: Shape, tree: Tree): boolean {
  switch (shape.is) {
    case 'value':
      return true
    case 'text':
      return tree.kind === 'scalar' && typeof (tree as ScalarTree).value === 'string'
    case 'number':
      return tree.kind === 'scalar' && typeof tree.value === 'number'
    case 'boolean':
      return tree.kind === 'scalar' && typeof tree.value === 'boolean'
    case 'list':
    case 'tasks':
    case 'steps':
      return tree.kind === 'list'
    case 'map':
    case 'object':
    case 'work':
      return tree.kind === 'map'
    case 'either':
      return shape.of.some((each) => accepts(each, tree))
  }
}

function nameOf(shape: Shape): string {
  switch (shape.is) {
    case 'text':
      if (shape.words !== undefined) return shape.words.join(', ')
      return shape.form === undefined ? 'a text' : TEXT_FORMS[shape.form].example
    case 'number':
      return 'a number'
    case 'boolean':
      return 'true or false'
    case 'list':
      return 'a list'
    case 'tasks':
    case 'steps':
      return `a list of ${shape.is}`
    case 'map':
    case 'object':
    case 'work':
      return 'a map'
    case 'value':
      return 'a value'
    case 'either':
      return shape.of.map(nameOf).join(' or ')
  }
}

/** Checks every one, also after the first that fails. */
export function all<T>(items: readonly T[], holds: (item: T) => boolean): boolean {
  return items.reduce((before, item) => holds(item) && before, true)
}

export function firstKey(tree: Tree): { readonly start: number; readonly end: number } {
  const first = tree.kind === 'map' ? tree.entries[0] : undefined
  return first?.keySpan ?? shownSpan(tree)
}

/** What is underlined for a whole value: its first line. */
export function shownSpan(tree: Tree): { readonly start: number; readonly end: number } {
  const { start, end } = tree.span
  const text = tree.file.text.slice(start, end)
  const line = text.split('\n', 1)[0]?.trimEnd() ?? ''
  return { start, end: start + Math.max(1, line.length) }
}

/** What to write instead of another tool's word, with the value that stands there where it is short: `$` in the habit. */
export function habitHelp(habit: string, value: Tree): string {
  const { start, end } = value.span
  const text = value.kind === 'map' ? '' : value.file.text.slice(start, end)
  const short = text !== '' && text.length <= 40 && !text.includes('\n')
  if (/^\w+$/.test(habit)) return short ? `Write ${habit}: ${text}.` : `Write ${habit} here.`
  return `Write ${habit.replace('$', () => (short ? text : '…'))}.`
}

/** `http: "https://…"`: what was written for a map that has one field for it. */
function wrapped(tree: Tree, { name, short }: ObjectShape): string | undefined {
  if (short === undefined) return Object.is(name, 'end') ? 'Write end: {}.' : undefined
  const { start, end } = tree.span
  const text = tree.file.text.slice(start, end)
  return `Write ${name}: { ${short}: ${text.includes('\n') || text === '' ? '…' : text} }.`
}

export function addHelp(name: string, { doc }: Field): string {
  return `Add ${name}: ${doc.charAt(0).toLowerCase()}${doc.slice(1)}`
}

function fieldList(names: readonly string[]): string {
  return `Its fields are ${names.join(', ')}.`
}
