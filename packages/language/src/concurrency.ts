import type { ConcurrencyDef } from '@wonder/engine'
import type { Scope } from './scope.ts'
import { child, numberOf, type Tree, textOf } from './tree.ts'
import type { ValueCompiler } from './value-compiler.ts'

/** A limit of how many may run at a time. */
export function concurrencyOf(
  tree: Tree,
  around: { readonly values: ValueCompiler; readonly scope: Scope; readonly byDefault: string },
): ConcurrencyDef {
  const key = child(tree, 'key')
  const full = textOf(child(tree, 'when_full'))
  const scope = { ...around.scope, noSecrets: 'the key is stored' }
  return {
    key: key === undefined ? { lit: around.byDefault } : around.values.template(key, scope, 'none'),
    limit: numberOf(child(tree, 'limit')) ?? 1,
    when_full: full === 'reject' || full === 'cancel_older' ? full : 'queue',
  }
}
