import type { ASTNode } from '@marcbachmann/cel-js'
import type { Path } from './references.ts'

/**
 * The path that a chain of names and literal indexes reads: `tasks.a["b"][0]` is ["tasks", "a", "b", 0]. undefined for
 * what is no such chain. With `optional`, links of `.?` and `[?]` count too.
 */
export function pathOf(node: ASTNode, optional = false): Path | undefined {
  const links: (string | number)[] = []
  let at = node
  while (at.op !== 'id') {
    if (at.op === '.' || (optional && at.op === '.?')) links.push(at.args[1])
    else if (at.op === '[]' || (optional && at.op === '[?]')) {
      const index = at.args[1].op === 'value' ? at.args[1].args : undefined
      if (typeof index === 'string') links.push(index)
      else if (typeof index === 'bigint') links.push(Number(index))
      else return undefined
    } else return undefined
    at = at.args[0]
  }
  return [at.args, ...links.reverse()]
}

/** The paths that are there when `condition` came out as `outcome`, by the has() calls in it. */
export function guardsOf(condition: ASTNode, outcome: boolean): Path[] {
  if (condition.op === '!_') return guardsOf(condition.args, !outcome)
  if (condition.op === (outcome ? '&&' : '||')) {
    return [...guardsOf(condition.args[0], outcome), ...guardsOf(condition.args[1], outcome)]
  }
  if (condition.op !== 'call' || condition.args[0] !== 'has' || !outcome) return []
  const [member] = condition.args[1]
  const path = member && pathOf(member)
  return path ? [path] : []
}
