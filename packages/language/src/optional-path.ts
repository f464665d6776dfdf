import type { Expr } from '@wonder/engine'

/** Words that CEL does not take for the name of a field. */
const RESERVED = new Set([
  'in',
  'true',
  'false',
  'null',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
])

/** The value at a path, null where any part of it is missing. */
export function optionalPath([root, ...rest]: readonly (string | number)[]): Expr {
  const steps = rest.map((segment) =>
    typeof segment === 'string' && /^[A-Za-z_]\w*$/.test(segment) && !RESERVED.has(segment)
      ? `.?${segment}`
      : `[?${JSON.stringify(segment)}]`,
  )
  return { cel: `${root}${steps.join('')}.orValue(null)` }
}
