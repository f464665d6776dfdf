import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js'
import { positionAt, SourceError } from '@wonder/errors'
import { type Limits, MAX_SOURCE_LENGTH } from './limits.ts'
import { syntaxHint } from './syntax-hint.ts'

const TOKEN_NAMES: { readonly [token: string]: string } = {
  EOF: 'the end of the expression',
  NUMBER: 'a number',
  STRING: 'a text',
  IDENTIFIER: 'a name',
  LPAREN: '`(`',
  RPAREN: '`)`',
  LBRACKET: '`[`',
  RBRACKET: '`]`',
  LBRACE: '`{`',
  RBRACE: '`}`',
  DOT: '`.`',
  COMMA: '`,`',
  COLON: '`:`',
  QUESTION: '`?`',
  IN: 'the word `in`',
}

/** Reads CEL. Only this file and the compiler know the library; of it only the parser is used. */
export function parseExpression(source: string, limits: Limits): ASTNode {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw new SourceError(
      'limit_exceeded',
      `Cannot read the expression: it is longer than ${MAX_SOURCE_LENGTH} characters`,
      positionAt(source, 0),
    )
  }
  if (source.trim() === '') throw syntaxError(source, { start: 0, end: source.length }, 'it is empty')
  try {
    return environment(limits.depth).parse(source).ast
  } catch (thrown) {
    throw readable(source, thrown, limits)
  }
}

/** What is wrong with an expression's text, at its place. */
export function syntaxError(source: string, at: { start: number; end: number }, why: string): SourceError {
  const position = positionAt(source, at.start, Math.max(1, Math.min(at.end, source.length) - at.start))
  return new SourceError('expression_syntax', `Cannot read the expression: ${why}`, position)
}

const environments = new Map<number, Environment>()

function environment(depth: number): Environment {
  let found = environments.get(depth)
  if (!found) {
    found = new Environment({
      unlistedVariablesAreDyn: true,
      enableOptionalTypes: true,
      homogeneousAggregateLiterals: false,
      limits: { maxDepth: depth, maxAstNodes: MAX_SOURCE_LENGTH },
    })
    environments.set(depth, found)
  }
  return found
}

function readable(source: string, thrown: unknown, limits: Limits): unknown {
  // The parser reads chains of `!` and `-` by recursion that it does not count.
  const tooDeep = thrown instanceof RangeError || (thrown instanceof ParseError && thrown.code === 'limit_exceeded')
  if (tooDeep) {
    return new SourceError(
      'limit_exceeded',
      `Cannot read the expression: it is nested deeper than ${limits.depth} levels, or too large`,
      positionAt(source, 0),
      { cause: thrown },
    )
  }
  if (!(thrown instanceof ParseError)) return thrown
  const hint = syntaxHint(source)
  if (hint) return syntaxError(source, { start: hint.offset, end: hint.offset + hint.length }, hint.message)
  const start = thrown.range?.start ?? 0
  return syntaxError(source, { start, end: thrown.range?.end ?? start + 1 }, explain(thrown))
}

function explain(error: ParseError): string {
  const expected = /^Expected (\w+), got (\w+)$/.exec(error.summary)
  if (expected) return `${tokenName(expected[1])} is expected, not ${tokenName(expected[2])}`
  const unexpected = /^Unexpected token: (\w+)$/.exec(error.summary)
  if (unexpected) return `a value is expected, not ${tokenName(unexpected[1])}`
  const character = /^Unexpected character: (.+)$/s.exec(error.summary)
  if (character) return `an operator or the end is expected, not ${character[1]}`
  const reserved = /^Reserved identifier: (.+)$/.exec(error.summary)
  if (reserved) return `"${reserved[1]}" is a reserved word`
  return `${error.summary.charAt(0).toLowerCase()}${error.summary.slice(1)}`
}

function tokenName(token: string | undefined): string {
  return TOKEN_NAMES[token ?? ''] ?? `\`${(token ?? '').toLowerCase()}\``
}
