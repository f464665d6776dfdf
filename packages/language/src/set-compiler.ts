import { type JsonSchema, schemaAt } from '@wonder/context'
import type { NodeWork } from '@wonder/engine'
import { nearest } from '@wonder/errors'
import { checkFit } from './fit-check.ts'
import { object } from './known-schemas.ts'
import type { CompilerParts, Place } from './place.ts'
import type { Task } from './task.ts'
import { child, type Entry, entriesOf } from './tree.ts'

/** Compiles the kinds that the kernel decides itself: set, collect, end, fail. */
export class SetCompiler {
  readonly #parts: CompilerParts

  constructor(parts: CompilerParts) {
    this.#parts = parts
  }

  compile(task: Task, place: Place): { readonly work: NodeWork; readonly schema: JsonSchema | undefined } {
    const { values } = this.#parts
    const scope = { ...place.scope, noSecrets: 'it is stored with the run' }
    switch (task.kind) {
      case 'set':
        return { work: this.#set(task, place), schema: object({}) }
      case 'collect': {
        const { expr, schema } = values.value(task.value, scope)
        return { work: { kind: 'collect', value: expr }, schema }
      }
      case 'fail': {
        const code = child(task.tree, 'code')
        const message = values.template(task.value, scope, 'none')
        const coded = code === undefined ? {} : { code: values.template(code, scope, 'none') }
        return { work: { kind: 'fail', message, ...coded }, schema: undefined }
      }
      default:
        return { work: { kind: 'end' }, schema: undefined }
    }
  }

  #set(task: Task, place: Place): NodeWork {
    const { problems, values } = this.#parts
    const scope = { ...place.scope, noSecrets: 'state is stored with the run' }
    if (place.branch !== undefined) {
      const key = task.tree.entries.find((entry) => entry.key === 'set')
      problems.add({
        code: 'state_write_in_branch',
        message: `"${task.id}" changes state inside "${place.branch}", whose branches run at the same time`,
        at: { file: task.tree.file, span: key?.keySpan ?? task.tree.span },
        help: `Give the value as output, and set it after "${place.branch}".`,
      })
    }
    const set = entriesOf(task.value).map((entry) => {
      const path = entry.key.split('.')
      const { expr, schema: given } = values.value(entry.value, scope)
      const asked = this.#path(entry, place)
      if (asked !== undefined) checkFit({ what: `state "${entry.key}"`, tree: entry.value, given, asked, problems })
      return { path, value: expr }
    })
    return { kind: 'set', values: set }
  }

  /** The schema of what is set; undefined when it is not known, or there is no such state. */
  #path({ key, keySpan, value }: Entry, place: Place): JsonSchema | undefined {
    const { problems } = this.#parts
    const { state } = place.scope
    const at = { file: value.file, span: keySpan }
    const [first = '', second] = key.split('.')
    const names = typeof state === 'object' ? Object.keys(state.properties ?? {}) : []
    if (names.includes(first)) {
      const asked = state === undefined ? undefined : schemaAt(state, key.split('.'))
      if (asked !== 'absent') return asked
      problems.add({
        code: 'unknown_state',
        message: `nothing can be set at "${key}": by its type "${first}" holds no such field`,
        at,
        help: `Set ${first} as a whole, or give it another type.`,
      })
      return undefined
    }
    if (first === 'state' && second !== undefined) {
      problems.add({
        code: 'unknown_state',
        message: 'paths of set begin inside state',
        at,
        help: `Write ${key.slice(6)}: ….`,
      })
      return undefined
    }
    const near = nearest(first, names)
    problems.add({
      code: 'unknown_state',
      message: `the workflow declares no state "${first}"`,
      at,
      help: near === undefined ? `Declare it: state: { ${first}: any = null }.` : `Did you mean "${near}"?`,
    })
    return undefined
  }
}
