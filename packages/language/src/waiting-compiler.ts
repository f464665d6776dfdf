import type { JsonSchema } from '@wonder/context'
import type { AskWork, Expr, NodeWork, SignalWork, SleepWork, WaitWork } from '@wonder/engine'
import { parseDuration } from './duration.ts'
import { object } from './known-schemas.ts'
import { needsTime } from './needs-time.ts'
import type { CompilerParts, Place, TooLate } from './place.ts'
import { readFields } from './read-fields.ts'
import type { Scope } from './scope.ts'
import { isProcessorKind } from './shapes/processor-shape.ts'
import type { Task } from './task.ts'
import { taskPolicy } from './task-settings.ts'
import { timeText } from './time-text.ts'
import { child, entryOf, type Tree, textOf } from './tree.ts'
import { singleStep } from './work-compiler.ts'

type Waiting = { readonly work: NodeWork; readonly schema: JsonSchema | undefined }

function isFalse(tree: Tree | undefined): boolean {
  return tree?.kind === 'scalar' && tree.value === false
}

/** Compiles the kinds that wait for something outside of the run: sleep, wait, signal, ask. */
export class WaitingCompiler {
  readonly #parts: CompilerParts

  constructor(parts: CompilerParts) {
    this.#parts = parts
  }

  compile(task: Task, place: Place, tooLate: TooLate | undefined): Waiting {
    switch (task.kind) {
      case 'sleep':
        return { work: this.#sleep(task, place.scope), schema: object({}) }
      case 'signal':
        return { work: this.#signal(task, place.scope), schema: object({}) }
      case 'ask':
        return this.#ask(task, place.scope, tooLate)
      default:
        return { work: this.#wait(task, place.scope, tooLate), schema: undefined }
    }
  }

  #sleep({ value }: Task, around: Scope): SleepWork {
    const scope = { ...around, noSecrets: 'when it ends is stored with the run' }
    const until = child(value, 'until')
    if (until === undefined) return { kind: 'sleep', for: this.#duration(value, scope, 'sleep') }
    return { kind: 'sleep', until: this.#moment(until, scope) }
  }

  #signal({ value }: Task, around: Scope): SignalWork {
    const scope = { ...around, noSecrets: 'a signal is stored with the run' }
    const name = child(value, 'name')
    const payload = child(value, 'payload')
    const run = child(value, 'run')
    const { values } = this.#parts
    return {
      kind: 'signal',
      name: name === undefined ? { lit: '' } : values.template(name, scope, 'none'),
      ...(payload === undefined ? {} : { payload: values.value(payload, scope).expr }),
      ...(run === undefined ? {} : { run: values.template(run, scope, 'none') }),
    }
  }

  #wait(task: Task, around: Scope, onTimeout: TooLate | undefined): WaitWork {
    const { tree, value } = task
    const scope = { ...around, noSecrets: 'what is waited for is stored with the run' }
    needsTime(tree, { answer: 'on_timeout', time: 'timeout' }, this.#parts.problems)
    const processor = this.#processor(task, around)
    const extra = new Map<string, JsonSchema | undefined>([...(around.extra ?? []), ['signal', undefined]])
    if (processor !== undefined) extra.set('processor', processor.schema)
    const until = child(tree, 'until')
    const condition = until === undefined ? undefined : this.#parts.values.condition(until, { ...scope, extra })
    const timeout = child(tree, 'timeout')
    return {
      kind: 'wait',
      signal: this.#parts.values.template(value, scope, 'none'),
      ...(condition === undefined ? {} : { until: condition }),
      ...(isFalse(child(tree, 'kept')) ? { kept: false } : {}),
      ...(timeout === undefined ? {} : { timeout: this.#duration(timeout, scope, 'timeout') }),
      ...(onTimeout === undefined ? {} : { onTimeout }),
      ...(processor === undefined ? {} : { processor: processor.work }),
    }
  }

  /** The task that each signal goes through; `signal` is its payload. */
  #processor({ id, tree }: Task, around: Scope) {
    const written = child(tree, 'processor')
    if (written?.kind !== 'map') return undefined
    const found = written.entries.find(({ key }) => isProcessorKind(key))
    if (found === undefined) return undefined
    const { work, builder, defaults } = this.#parts
    const scope: Scope = { ...around, extra: new Map([...(around.extra ?? []), ['signal', undefined]]) }
    const made = work.compile(found.key, written, found.value, scope)
    if (made === undefined) return { work: { task: '', input: { lit: {} } }, schema: undefined }
    const ref = `${id}:processor`
    builder.tasks[ref] = {
      steps: singleStep(made.action),
      ...taskPolicy([written, ...defaults], found.key, made.asks),
    }
    return { work: { task: ref, input: made.config }, schema: made.output }
  }

  #ask({ tree, value }: Task, around: Scope, tooLate: TooLate | undefined): Waiting {
    const { values, problems } = this.#parts
    const scope = { ...around, noSecrets: 'a question is stored with the run' }
    needsTime(tree, { answer: 'on_expiry', time: 'expires' }, problems)
    const shown = child(tree, 'with')
    const written = child(tree, 'answers')
    const role = child(tree, 'role')
    const expires = child(tree, 'expires')
    const answers = written === undefined ? undefined : readFields(written, problems).schema
    const onExpiry = this.#escalation(tree, scope) ?? tooLate
    const work: AskWork = {
      kind: 'ask',
      text: values.template(value, scope, 'none'),
      ...(shown === undefined ? {} : { shows: values.value(shown, scope).expr }),
      ...(answers === undefined ? {} : { answers }),
      ...(role === undefined ? {} : { role: values.template(role, scope, 'none') }),
      ...(expires === undefined ? {} : { expires: this.#duration(expires, scope, 'expires') }),
      ...(onExpiry === undefined ? {} : { onExpiry }),
    }
    const decision: JsonSchema = { enum: ['approved', 'answered'] }
    return {
      work,
      schema: object({ decision, answers: answers ?? object({}), by: { type: 'string' }, at: { type: 'string' } }),
    }
  }

  /** `on_expiry: {role}` asks somebody else. */
  #escalation(tree: Tree, scope: Scope): Exclude<AskWork['onExpiry'], TooLate | undefined> | undefined {
    const answer = child(tree, 'on_expiry')
    if (answer?.kind !== 'map') return undefined
    const [next, role, expires] = ['next', 'role', 'expires'].map((name) => entryOf(answer, name))
    if (next === undefined && role === undefined) {
      this.#tell(answer, 'on_expiry needs "next" or "role"', 'Write { next: id } or { role: admin, expires: 1d }.')
      return undefined
    }
    const extra = next === undefined ? undefined : (role ?? expires)
    if (extra !== undefined) {
      this.#parts.problems.add({
        code: 'field_not_here',
        message: `on_expiry leads to a task or asks another role, and this does both`,
        at: { file: answer.file, span: extra.keySpan },
        help: 'Keep one of the two.',
      })
    }
    if (role === undefined) return undefined
    return {
      role: this.#parts.values.template(role.value, scope, 'none'),
      ...(expires === undefined ? {} : { expires: this.#duration(expires.value, scope, 'expires') }),
    }
  }

  /** Milliseconds where they are written, else what gives milliseconds or a duration when it runs. */
  #duration(tree: Tree, scope: Scope, what: string): Expr {
    const time = parseDuration(textOf(tree) ?? '')
    if (time !== undefined) return { lit: time }
    const { expr, schema } = this.#parts.values.value(tree, scope)
    const type = typeof schema === 'object' ? schema.type : undefined
    if (type === 'boolean' || type === 'object' || type === 'array' || type === 'null') {
      this.#parts.problems.add({
        code: 'type_mismatch',
        message: `${what} needs a duration such as 5m, or milliseconds, and this is of type ${type}`,
        at: tree,
        help: 'Declare the input as duration, or write the time itself.',
      })
    }
    return expr
  }

  #moment(tree: Tree, scope: Scope): Expr {
    const text = textOf(tree) ?? ''
    const known = timeText(text)
    if (known === undefined && !text.includes('{{')) {
      const help = 'Write date, time and offset: "2030-01-31T08:00:00Z".'
      this.#parts.problems.add({
        code: 'wrong_type',
        message: `until must be a time, and it is "${text}"`,
        at: tree,
        help,
      })
    }
    return known === undefined ? this.#parts.values.value(tree, scope).expr : { lit: known }
  }

  #tell(at: Tree, message: string, help: string): void {
    this.#parts.problems.add({ code: 'missing_field', message, at, help })
  }
}
