import { type JsonSchema, schemaAt } from '@wonder/context'
import { nearest } from '@wonder/errors'
import type { Reference } from '@wonder/templates'
import type { DefinitionBuilder } from './definition-builder.ts'
import { errorSchema } from './known-schemas.ts'
import { nameHelp } from './name-help.ts'
import type { Problem, Problems } from './problems.ts'
import { spanInside } from './scalar-position.ts'
import type { Scope } from './scope.ts'
import { checkTaskReference } from './task-reference.ts'
import { type ScalarTree, textOf } from './tree.ts'

/** Where a reference stands: parts of its text by offset, and the text itself. */
export type Written = {
  readonly at: (from: number, length: number) => Problem['at']
  readonly written: string
}

const RUN_FIELDS = ['id', 'started_at', 'attempt_key']

/** Checks paths of the scope: that they lead somewhere, and may be read there. */
export class ReferenceCheck {
  readonly problems: Problems
  readonly #builder: DefinitionBuilder

  constructor(problems: Problems, builder: DefinitionBuilder) {
    this.problems = problems
    this.#builder = builder
  }

  /** Checks what one text reads. The answer is what is known of the value, when it reads one alone. */
  checkAll(tree: ScalarTree, references: readonly Reference[], scope: Scope): JsonSchema | undefined {
    const text = textOf(tree) ?? ''
    const questions = references.flatMap(questionsOf)
    const { tasks } = scope
    const asked = tasks === undefined ? undefined : { ...tasks, asked: new Set([...tasks.asked, ...questions]) }
    const inner = asked === undefined ? scope : { ...scope, tasks: asked }
    const schemas = references.map((reference) => {
      const { offset, length } = reference.position
      const at = (from: number, size: number) => ({ file: tree.file, span: spanInside(tree, offset + from, size) })
      return this.check(reference, inner, { written: text.slice(offset, offset + length), at })
    })
    return references.length === 1 ? schemas[0] : undefined
  }

  /** What is known of the value; undefined when nothing is. */
  check(reference: Reference, scope: Scope, place: Written): JsonSchema | undefined {
    const { path, optional } = reference
    const root = String(path[0])
    if (scope.extra?.has(root)) return this.inside(scope.extra.get(root), path, { from: 1, optional, place, scope })
    if (scope.items.has(root)) return this.inside(scope.items.get(root), path, { from: 1, optional, place, scope })
    switch (root) {
      case 'input':
        return this.inside(scope.input, path, { from: 1, optional, place, scope })
      case 'state':
        if (scope.state === undefined && path.length > 1 && scope.tasks !== undefined && !optional) {
          return this.#unknown(path, 1, place, {
            message: `${scope.owner} declares no state`,
            help: 'Declare it: state: { name: integer = 0 }.',
          })
        }
        return this.inside(scope.state, path, { from: 1, optional, place, scope })
      case 'env':
        return this.#env(path, optional, scope, place)
      case 'secrets':
        return this.#secret(path, scope, place)
      case 'tasks':
        if (scope.tasks === undefined) break
        return checkTaskReference({ check: this, reference, scope, tasks: scope.tasks, place })
      case 'steps':
        if (scope.steps === undefined) break
        return this.#step(path, scope.steps, { optional, place, scope })
      case 'run':
        return this.#run(path, place)
      case 'workflow':
      case 'project':
      case 'index':
        if (root === 'index' && scope.items.size === 0) break
        return root === 'index' ? { type: 'integer' } : undefined
      case 'error':
        if (scope.error) return this.inside(errorSchema, path, { from: 1, optional, place, scope })
        break
    }
    if (optional && path.length === 1) return undefined
    return this.#noName(root, scope, place)
  }

  /** Follows the path into a value whose schema may be known. */
  inside(
    schema: JsonSchema | undefined,
    path: Reference['path'],
    around: {
      readonly from: number
      readonly optional: boolean
      readonly place: Written
      readonly scope: Scope
      readonly of?: string
    },
  ): JsonSchema | undefined {
    let at = schema
    for (let index = around.from; index < path.length; index++) {
      if (at === undefined) return undefined
      const next = schemaAt(at, path.slice(index, index + 1))
      if (next !== 'absent') at = next
      // Also where it may be missing: by the schema there can never be anything.
      else return this.#absent(at, path, index, around)
    }
    return at
  }

  #absent(
    schema: JsonSchema,
    path: Reference['path'],
    index: number,
    around: { readonly place: Written; readonly scope: Scope },
  ): undefined {
    const key = String(path[index])
    const names = typeof schema === 'object' ? Object.keys(schema.properties ?? {}) : []
    const near = nearest(key, names)
    const of = shown(path.slice(0, index), around.place.written)
    const input = path[0] === 'input' && index === 1
    const what = input ? 'inputs' : 'fields'
    const isMap = typeof schema === 'object' && (schema.type === 'object' || schema.properties !== undefined)
    const none = input ? `Declare it: input: { ${key}: string }.` : isMap ? 'It has no fields.' : undefined
    return this.#unknown(path, index, around.place, {
      code: input ? 'unknown_input' : path[0] === 'state' && index === 1 ? 'unknown_state' : 'unknown_field_of_output',
      message: input
        ? `${around.scope.owner} has no input "${key}"`
        : isMap
          ? `${of} has no field "${key}"`
          : `${of} is ${typeNames(schema)} and has no fields`,
      help:
        near !== undefined
          ? `Did you mean "${near}"?`
          : names.length === 0
            ? none
            : `Its ${what} are ${names.join(', ')}.`,
    })
  }

  /** A problem that underlines the path up to and with the segment at `index`. */
  unknown(
    path: Reference['path'],
    index: number,
    place: Written,
    problem: Partial<Problem> & { message: string },
  ): undefined {
    return this.#unknown(path, index, place, problem)
  }

  #unknown(
    path: Reference['path'],
    index: number,
    place: Written,
    problem: Partial<Problem> & { message: string },
  ): undefined {
    const prefix = shown(path.slice(0, index + 1), place.written)
    const length = place.written.startsWith(prefix) ? prefix.length : place.written.length
    this.problems.add({ code: 'unknown_name', at: place.at(0, length), ...problem })
    return undefined
  }

  #env(path: Reference['path'], optional: boolean, scope: Scope, place: Written): JsonSchema | undefined {
    const name = path[1]
    if (typeof name !== 'string') return undefined
    if (scope.secrets.some((secret) => secret.name === name)) {
      return this.#unknown(path, 1, place, {
        code: 'secret_in_env',
        message: `"${name}" is a secret of this project, not a value of env`,
        help: `Write secrets.${name}.`,
      })
    }
    if (scope.env !== undefined && !scope.env.has(name) && !optional) {
      const near = nearest(name, scope.env)
      return this.#unknown(path, 1, place, {
        message: `there is no env value "${name}"`,
        help: near === undefined ? `Add it to env in wonder.yaml: env: { ${name}: … }.` : `Did you mean "${near}"?`,
      })
    }
    this.#builder.env.add(name)
    return { type: 'string' }
  }

  #secret(path: Reference['path'], scope: Scope, place: Written): JsonSchema | undefined {
    const name = path[1]
    if (scope.noSecrets !== undefined) {
      const help = 'Give it to the task that needs it: in with, env, headers, url, body, stdin or a shell text.'
      return this.#unknown(path, path.length - 1, place, {
        code: 'secret_not_allowed',
        message: `a secret cannot stand here: ${scope.noSecrets}`,
        help,
      })
    }
    const known = scope.secrets.find((secret) => secret.name === name)
    if (known === undefined) {
      const near = nearest(
        String(name),
        scope.secrets.map((secret) => secret.name),
      )
      return this.#unknown(path, 1, place, {
        code: 'unknown_secret',
        message: name === undefined ? 'name one secret: secrets.NAME' : `the project declares no secret "${name}"`,
        help: near === undefined ? `Add it to wonder.yaml: secrets: [${name ?? 'NAME'}].` : `Did you mean "${near}"?`,
      })
    }
    this.#builder.secrets.set(known.name, known)
    return { type: 'string' }
  }

  #run(path: Reference['path'], place: Written): JsonSchema | undefined {
    const name = path[1]
    if (name === undefined) return undefined
    if (RUN_FIELDS.includes(String(name))) return name === 'started_at' ? undefined : { type: 'string' }
    const near = nearest(String(name), RUN_FIELDS)
    return this.#unknown(path, 1, place, {
      message: `run has no field "${name}"`,
      help: near === undefined ? `Its fields are ${RUN_FIELDS.join(', ')}.` : `Did you mean "${near}"?`,
    })
  }

  #step(
    path: Reference['path'],
    steps: ReadonlyMap<string, JsonSchema | undefined>,
    around: { readonly optional: boolean; readonly place: Written; readonly scope: Scope },
  ): JsonSchema | undefined {
    const name = path[1]
    if (name === undefined) return undefined
    if (!steps.has(String(name))) {
      const near = nearest(String(name), steps.keys())
      return this.#unknown(path, 1, around.place, {
        code: 'unknown_task',
        message: `there is no step "${name}" before this one in ${around.scope.owner}`,
        help: near === undefined ? undefined : `Did you mean "${near}"?`,
      })
    }
    if (path[2] !== 'output') return undefined
    return this.inside(steps.get(String(name)), path, { from: 3, ...around })
  }

  #noName(root: string, scope: Scope, place: Written): undefined {
    const help = nameHelp(root, scope)
    return this.#unknown([root], 0, place, { message: `there is nothing named "${root}" here`, help })
  }
}

/**
 * The tasks that a text asks about: one that tests the status of a task, or reads it as something that may be missing,
 * knows that it may not have run. So does one that reads a task of parallel whole, beside what is inside.
 */
function questionsOf({ path, optional }: Reference): readonly string[] {
  if (path[0] !== 'tasks' || path.length < 2) return []
  if (optional || path[2] === 'status' || path[2] === 'error') return [String(path[1])]
  const child = path[2] === 'children' || (path[2] === 'output' && path.length === 4)
  return child ? [`${path[1]}.${path[3]}`] : []
}

/** A path as it was written: a number stands in brackets in CEL, and behind a dot in a template. */
function shown(path: Reference['path'], written: string): string {
  const inBrackets = path.reduce<string>(
    (before, step) => (typeof step === 'number' ? `${before}[${step}]` : before === '' ? step : `${before}.${step}`),
    '',
  )
  return written.startsWith(inBrackets) ? inBrackets : path.join('.')
}

function typeNames(schema: JsonSchema): string {
  const type = typeof schema === 'object' ? schema.type : undefined
  const names: { readonly [name: string]: string } = {
    string: 'a text',
    array: 'a list',
    integer: 'a number',
    number: 'a number',
  }
  return typeof type === 'string' ? (names[type] ?? type) : 'a plain value'
}
