import { type JsonSchema, schemaAt } from '@wonder/context'
import { checkTypes } from '@wonder/expressions'
import { errorSchema } from './known-schemas.ts'
import type { Problems } from './problems.ts'
import { spanInside } from './scalar-position.ts'
import type { Scope } from './scope.ts'
import type { ScalarTree } from './tree.ts'

type WrittenCel = {
  readonly tree: ScalarTree
  readonly source: string
  /** Where the CEL begins in the text of the tree. */
  readonly shift: number
  readonly scope: Scope
  /** It is a condition. */
  readonly condition: boolean
  readonly problems: Problems
}

/**
 * Tells what of CEL cannot work with the values that are known: `1 + "x"`, or a field that no item of a list has. Names
 * are left to the check of references, so they are open here.
 */
export function checkExpressionTypes({ tree, source, shift, scope, condition, problems }: WrittenCel): void {
  const schema = schemaOfScope(scope)
  const at = (of: JsonSchema, path: readonly (string | number)[]) => schemaAt(of, path)
  const found = checkTypes(source, { schema, at, ...(condition ? { expected: 'bool' } : {}) })
  for (const { code, message, help, outcome, position } of found) {
    problems.add({
      code: code === 'missing_reference' ? 'unknown_field_of_output' : 'type_mismatch',
      severity: outcome === 'never' ? 'warning' : 'error',
      message: message.replace(/^It must/, 'a condition must').replace(/^Nothing/, 'nothing'),
      at: { file: tree.file, span: spanInside(tree, shift + position.offset, position.length) },
      help,
    })
  }
}

/** What is known of all names that CEL can read at a place. */
function schemaOfScope({ input, state, items, extra, error, tasks, steps }: Scope): JsonSchema {
  const ids = tasks?.flow.ids() ?? []
  const outputs = [...ids].flatMap((id): [string, JsonSchema][] => {
    const named = tasks?.names.get(id)
    return named === undefined || named.task.broken || named.unreachable ? [] : [[id, taskOf(named.output)]]
  })
  const stepOutputs = [...(steps ?? [])].map(([id, output]): [string, JsonSchema] => [id, taskOf(output)])
  return open({
    input: input ?? true,
    state: state ?? true,
    env: { type: 'object', additionalProperties: { type: 'string' } },
    ...(items.size > 0 ? { index: { type: 'integer' } } : {}),
    ...(error ? { error: errorSchema } : {}),
    ...(tasks === undefined ? {} : { tasks: open(Object.fromEntries(outputs)) }),
    ...(steps === undefined ? {} : { steps: open(Object.fromEntries(stepOutputs)) }),
    ...Object.fromEntries([...items, ...(extra ?? [])].map(([name, schema]) => [name, schema ?? true])),
  })
}

function taskOf(output: JsonSchema | undefined): JsonSchema {
  return open({ output: output ?? true, status: { type: 'string' } })
}

/** A map that may have other fields too. */
function open(properties: { readonly [name: string]: JsonSchema }): JsonSchema {
  return { type: 'object', properties }
}
