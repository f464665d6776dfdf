import type { JsonSchema } from '@wonder/context'
import type { Expr, StepDef, TaskDef } from '@wonder/engine'
import { nearest } from '@wonder/errors'
import { DefinitionBuilder, mapExpr } from './definition-builder.ts'
import { parseDuration } from './duration.ts'
import { object } from './known-schemas.ts'
import type { Library, Reusable } from './library.ts'
import type { Problems } from './problems.ts'
import type { Scope } from './scope.ts'
import { stepKinds } from './shapes/reusable-shape.ts'
import type { Task } from './task.ts'
import { type Settings, taskPolicy } from './task-settings.ts'
import { child, entriesOf, itemsOf, type MapTree, type Tree, textOf } from './tree.ts'
import { type Typed, ValueCompiler } from './value-compiler.ts'
import { checkWith } from './with-check.ts'
import { WorkCompiler } from './work-compiler.ts'
import type { WorkContext } from './work-context.ts'

/** Compiles `use`: the steps of a reusable task, which the executor computes in a scope of their own. */
export class UseCompiler {
  readonly #context: WorkContext
  readonly #library: Library
  readonly #problems: Problems

  constructor(context: WorkContext) {
    this.#context = context
    this.#library = context.library
    this.#problems = context.problems
  }

  compile(task: Task, scope: Scope, defaults: Settings): { readonly task: TaskDef; readonly input: Expr } | undefined {
    const { values } = this.#context
    const given = child(task.tree, 'with')
    const input: Typed =
      given === undefined
        ? { expr: { lit: {} } }
        : values.value(given, {
            ...scope,
            noSecrets: 'the input of a reusable task is stored: name the secret in its steps',
          })
    const name = textOf(task.value) ?? ''
    const found = this.#library.reusables.get(name.replace(/^\.\//, ''))
    if (found === undefined) {
      const near = nearest(name, this.#library.reusableNames)
      this.#problems.add({
        code: 'unknown_reusable',
        message: `there is no reusable task "${name}"`,
        at: task.value,
        help: near === undefined ? 'Name a file such as tasks/lint.yaml, or the id in it.' : `Did you mean "${near}"?`,
      })
      return undefined
    }
    if (found.broken) return undefined
    const owner = `task "${found.id}"`
    const asked = found.input ?? object({})
    checkWith({ owner, schema: asked, given, known: input.schema, at: task.value, problems: this.#problems })
    return { task: this.reusable(found, scope, [task.tree, found.tree, ...defaults]), input: input.expr }
  }

  /** The task that a file describes. Only env, secrets and their names come from the scope around. */
  reusable(found: Reusable, around: Pick<Scope, 'env' | 'secrets'>, settings: Settings): TaskDef {
    const inner = new DefinitionBuilder()
    const values = new ValueCompiler({ problems: this.#problems, builder: inner, texts: this.#context.values.texts })
    const work = new WorkCompiler({ ...this.#context, builder: inner, values })
    const known = new Map<string, JsonSchema | undefined>()
    const steps: StepDef[] = []
    let asks = false
    const scope: Scope = {
      owner: `task "${found.id}"`,
      input: found.input ?? object({}),
      state: undefined,
      env: around.env,
      secrets: around.secrets,
      items: new Map(),
      error: false,
      steps: known,
    }
    for (const step of itemsOf(child(found.tree, 'steps'))) {
      const made = this.#step(step, scope, { values, work })
      if (made === undefined) continue
      asks ||= made.asks
      steps.push(made.step)
      known.set(made.step.ref, made.output)
    }
    const outputs = child(found.tree, 'outputs')
    const result =
      outputs === undefined
        ? undefined
        : values.value(outputs, { ...scope, noSecrets: 'the output is stored with the run' })
    for (const [name, secret] of inner.secrets) this.#context.builder.secrets.set(name, secret)
    Object.assign(this.#context.builder.texts, inner.texts)
    const last = itemsOf(child(found.tree, 'steps')).at(-1)
    const output = found.output ?? (outputs === undefined ? known.get(textOf(child(last, 'id')) ?? '') : result?.schema)
    return {
      steps,
      ...(found.input === undefined ? {} : { input: found.input }),
      ...(output === undefined ? {} : { output }),
      ...(result === undefined ? {} : { result: result.expr }),
      ...taskPolicy(settings, 'use', asks),
    }
  }

  #step(tree: Tree, scope: Scope, { values, work }: { readonly values: ValueCompiler; readonly work: WorkCompiler }) {
    const ref = textOf(child(tree, 'id'))
    const kind = stepKinds.find((name) => child(tree, name) !== undefined)
    if (tree.kind !== 'map' || ref === undefined || kind === undefined) return undefined
    if (scope.steps?.has(ref)) this.#duplicate(tree, ref)
    const condition = child(tree, 'if')
    const when = condition === undefined ? undefined : values.condition(condition, scope)
    const failure = textOf(child(tree, 'on_failure'))
    const timeout = parseDuration(textOf(child(tree, 'timeout')) ?? '')
    const value = child(tree, kind)
    const made =
      value === undefined
        ? undefined
        : kind === 'set'
          ? setStep(value, scope, values)
          : work.compile(kind, tree, value, scope)
    if (made === undefined) return undefined
    const step: StepDef = {
      ref,
      action: made.action,
      config: made.config,
      ...(when === undefined ? {} : { if: when }),
      ...(timeout === undefined ? {} : { timeout }),
      on_failure: failure === 'retry' || failure === 'continue' ? failure : 'abort',
    }
    return { step, output: failure === 'continue' || when !== undefined ? undefined : made.output, asks: made.asks }
  }

  #duplicate(tree: MapTree, ref: string): void {
    this.#problems.add({
      code: 'duplicate_id',
      message: `the id "${ref}" is taken by an earlier step`,
      at: child(tree, 'id') ?? tree,
      help: 'Ids are unique in a task file.',
    })
  }
}

function setStep(value: Tree, scope: Scope, values: ValueCompiler) {
  const inner = { ...scope, noSecrets: 'state is stored with the run' }
  const set = mapExpr(entriesOf(value).map((entry) => [entry.key, values.value(entry.value, inner).expr]))
  return { action: 'set' as const, config: mapExpr([['values', set]]), output: undefined, asks: false }
}
