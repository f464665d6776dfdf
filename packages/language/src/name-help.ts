import type { JsonSchema } from '@wonder/context'
import { nearest } from '@wonder/errors'
import type { Scope } from './scope.ts'

/** What was probably meant by a name that the scope does not have. */
export function nameHelp(name: string, scope: Scope): string {
  const owner = ownerOf(name, scope)
  if (owner !== undefined) return owner
  const names = namesOf(scope)
  const near = nearest(name, names)
  return near === undefined ? `These names are known: ${names.join(', ')}.` : `Did you mean "${near}"?`
}

/** A name that belongs to something: told with its whole path. */
function ownerOf(root: string, scope: Scope): string | undefined {
  if (scope.tasks?.names.get(root)) return `Did you mean "tasks.${root}.output"?`
  if (scope.steps?.has(root)) return `Did you mean "steps.${root}.output"?`
  const has = (schema: JsonSchema | undefined) =>
    typeof schema === 'object' && schema.properties !== undefined && Object.hasOwn(schema.properties, root)
  if (has(scope.input)) return `Did you mean "input.${root}"?`
  if (has(scope.state)) return `Did you mean "state.${root}"?`
  if (scope.env?.has(root)) return `Did you mean "env.${root}"?`
  if (scope.secrets.some(({ name }) => name === root)) return `Did you mean "secrets.${root}"?`
  const other: { readonly [word: string]: string } = {
    inputs: 'input',
    outputs: 'tasks.<id>.output',
    github: 'run, project or input',
    vars: 'env',
    matrix: 'the name that `as` gives',
    item: 'the name that `as` gives, inside each',
    this: 'a name of the scope',
  }
  return other[root] === undefined ? undefined : `Write ${other[root]}.`
}

function namesOf(scope: Scope): readonly string[] {
  return [
    'input',
    ...(scope.tasks === undefined ? [] : ['state', 'tasks']),
    ...(scope.steps === undefined ? [] : ['state', 'steps']),
    'env',
    'run',
    'workflow',
    'project',
    ...(scope.noSecrets === undefined ? ['secrets'] : []),
    ...scope.items.keys(),
    ...(scope.items.size === 0 ? [] : ['index']),
    ...(scope.error ? ['error'] : []),
    ...(scope.extra?.keys() ?? []),
  ]
}
