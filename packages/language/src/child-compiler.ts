import type { JsonSchema } from '@wonder/context'
import { closureDigest, type Expr, type WorkflowWork } from '@wonder/engine'
import { mapExpr } from './definition-builder.ts'
import { parseDuration } from './duration.ts'
import { object } from './known-schemas.ts'
import type { CompilerParts } from './place.ts'
import type { CompiledWorkflow } from './project.ts'
import type { Scope } from './scope.ts'
import type { Task } from './task.ts'
import { child, entriesOf, entryOf, type Tree, textOf } from './tree.ts'
import { checkWith } from './with-check.ts'

/** Compiles `workflow`: another workflow of the project, as a run of its own. */
export class ChildCompiler {
  readonly #parts: CompilerParts

  constructor(parts: CompilerParts) {
    this.#parts = parts
  }

  compile(task: Task, around: Scope): { readonly work: WorkflowWork; readonly schema: JsonSchema | undefined } {
    const { workflows, builder } = this.#parts
    const { tree, value } = task
    const id = textOf(value) ?? ''
    const given = child(tree, 'with')
    const scope = { ...around, noSecrets: 'the input of a run is stored: name the secret where it is used' }
    const known = given === undefined ? undefined : this.#parts.values.value(given, scope)
    const found = workflows.get(id, value)
    if (found !== undefined) {
      builder.workflows.set(id, closureDigest(found.definition))
      const { input } = found.definition
      const { problems } = this.#parts
      checkWith({ owner: `workflow "${id}"`, schema: input, given, known: known?.schema, at: value, problems })
    }
    const detached = isTrue(child(tree, 'detached'))
    const timeout = parseDuration(textOf(child(tree, 'timeout')) ?? '')
    if (detached) this.#notWaitedFor(tree)
    const end = textOf(child(tree, 'on_parent_end')) ?? (detached ? 'continue' : 'cancel')
    const work: WorkflowWork = {
      kind: 'workflow',
      workflow: id,
      input: withDefaults(known?.expr ?? { lit: {} }, given, found),
      ...(timeout === undefined ? {} : { timeout }),
      close: end === 'continue' ? 'continue' : 'cancel',
      ...(detached ? { detached } : {}),
    }
    return { work, schema: detached ? object({ run: { type: 'string' } }) : found?.output }
  }

  #notWaitedFor(tree: Tree): void {
    const entry = entryOf(tree, 'timeout')
    if (entry === undefined) return
    this.#parts.problems.add({
      code: 'field_not_here',
      message: '"timeout" has no meaning on a detached workflow: it is not waited for',
      at: { file: tree.file, span: entry.keySpan },
      help: 'Write timeout in the workflow itself.',
    })
  }
}

/** What the child's input declares and is not given: a run is started with its whole input. */
function withDefaults(expr: Expr, given: Tree | undefined, found: CompiledWorkflow | undefined): Expr {
  const names = new Set(entriesOf(given).map(({ key }) => key))
  const defaults = (found?.inputs ?? []).flatMap((field) =>
    names.has(field.name) || field.default === undefined ? [] : [[field.name, { lit: field.default }] as const],
  )
  if (defaults.length === 0) return expr
  const written: readonly (readonly [string, Expr])[] =
    'map' in expr
      ? Object.entries(expr.map)
      : 'lit' in expr && typeof expr.lit === 'object' && expr.lit !== null
        ? Object.entries(expr.lit).map(([key, lit]) => [key, { lit }] as const)
        : []
  return mapExpr([...written, ...defaults])
}

function isTrue(tree: Tree | undefined): boolean {
  return tree?.kind === 'scalar' && tree.value === true
}
