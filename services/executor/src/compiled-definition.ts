import { compileExpr, type Definition, type StepDef, type TaskDef } from '@wonder/engine'
import { InvariantError } from '@wonder/errors'
import { compileExpression, evaluateCondition } from '@wonder/expressions'
import type { Json } from '@wonder/platform'
import type { Action } from './action.ts'
import { actions } from './actions/index.ts'

export type StepScope = { readonly [name: string]: Json }

export type CompiledStep = {
  readonly ref: string
  readonly action: Action
  /** Absent: the task's input is the config. */
  readonly config?: (scope: StepScope) => Json
  readonly condition?: (scope: StepScope) => boolean
  readonly onFailure: StepDef['on_failure']
  /** Milliseconds. */
  readonly timeout?: number
}

export type CompiledTask = {
  readonly ref: string
  readonly def: TaskDef
  readonly steps: readonly CompiledStep[]
  /** The one step of a task whose input is its config: no scope is needed, no step is reported. */
  readonly only?: CompiledStep
  readonly result?: (scope: StepScope) => Json
}

/** A definition as the executor uses it: each task is compiled when its first node runs. */
export class CompiledDefinition {
  readonly definition: Definition
  readonly #taskOfNode = new Map<string, string>()
  readonly #tasks = new Map<string, CompiledTask>()

  constructor(definition: Definition) {
    this.definition = definition
    for (const { ref, does } of definition.nodes) {
      if (does.kind === 'task') this.#taskOfNode.set(ref, does.task)
      else if (does.kind === 'wait' && does.processor !== undefined) this.#taskOfNode.set(ref, does.processor.task)
    }
  }

  /** The task of a node; of a wait, its processor. */
  taskAt(node: string): CompiledTask {
    const ref = this.#taskOfNode.get(node)
    if (ref === undefined) throw new InvariantError('closure', `node "${node}" has no task`)
    const known = this.#tasks.get(ref)
    if (known !== undefined) return known
    const def = Object.hasOwn(this.definition.tasks, ref) ? this.definition.tasks[ref] : undefined
    if (def === undefined) throw new InvariantError('closure', `the definition has no task "${ref}"`)
    const task = compileTask(ref, def)
    this.#tasks.set(ref, task)
    return task
  }
}

function compileTask(ref: string, def: TaskDef): CompiledTask {
  const steps = def.steps.map(compileStep)
  const [first] = steps
  const alone =
    steps.length === 1 && def.result === undefined && first?.config === undefined && first?.condition === undefined
  return {
    ref,
    def,
    steps,
    ...(alone && first !== undefined && first.onFailure === 'abort' && first.timeout === undefined
      ? { only: first }
      : {}),
    ...(def.result === undefined ? {} : { result: compileExpr(def.result) }),
  }
}

function compileStep({ ref, action, config, if: condition, timeout, on_failure: onFailure }: StepDef): CompiledStep {
  const expression = condition === undefined ? undefined : compileExpression(condition)
  return {
    ref,
    action: actions[action],
    onFailure,
    ...(timeout === undefined ? {} : { timeout }),
    ...(config === undefined ? {} : { config: compileExpr(config) }),
    ...(expression === undefined ? {} : { condition: (scope) => evaluateCondition(expression, scope) }),
  }
}
