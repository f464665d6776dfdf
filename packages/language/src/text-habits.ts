import type { SourceError } from '@wonder/errors'
import type { Problem, Problems } from './problems.ts'
import { spanInside } from './scalar-position.ts'
import type { ScalarTree } from './tree.ts'
import { quoted } from './yaml-traps.ts'

/** A `{{ a + b }}`: an operator between two operands, without the `=` that computes. */
const OPERATOR = /\{\{(?![=!#/>&{~])\s*([^{}"']*?[\w\])"']\s*(?:==|!=|<=|>=|&&|\|\||[+*/<>?-](?=\s))\s*[^{}]*?)\s*\}\}/

/** Tells of a habit that is seen in any text of a YAML file. True when there was one. */
export function habitProblem(tree: ScalarTree, text: string, problems: Problems): boolean {
  const dollar = text.indexOf('${{')
  if (dollar !== -1) {
    const at = { file: tree.file, span: spanInside(tree, dollar, 3) }
    problems.add({
      code: 'dollar_braces',
      message: '"${{" is the form of another tool',
      at,
      help: 'Write {{ … }}, without the $.',
    })
    return true
  }
  return computedProblem(tree, text, problems)
}

/** The same for a template file, where "$" before a value is an amount of money. */
export function computedProblem(tree: ScalarTree, text: string, problems: Problems): boolean {
  const found = text.includes('{{') ? OPERATOR.exec(text) : null
  if (found === null) return false
  const [whole, inner = ''] = found
  problems.add({
    code: 'computed_braces',
    message: '{{ }} inserts a value and does not compute',
    at: { file: tree.file, span: spanInside(tree, found.index, whole.length) },
    help: `Write {{= ${inner} }}.`,
  })
  return true
}

/** What is wrong with the text of a condition before CEL reads it. */
export function expressionProblem(tree: ScalarTree, source: string): Problem | undefined {
  const braces = /\$?\{\{=?\s*(.*?)\s*\}\}/.exec(source)
  if (braces === null) return undefined
  const bare = source.replace(/\$?\{\{=?\s*(.*?)\s*\}\}/g, '$1').trim()
  const plain = /^[\w.]+( [=!<>]=? [\w.]+)?$/.test(bare)
  return {
    code: 'braces_in_cel',
    message: 'this is CEL already: braces have no place in it',
    at: { file: tree.file, span: spanInside(tree, braces.index, braces[0].length) },
    help: `Write ${plain ? bare : quoted(bare)}.`,
  }
}

/** What the template or expression compiler said, at its place in the file. */
export function templateProblem(tree: ScalarTree, error: SourceError, shift: number): Problem {
  const { offset, length } = error.position
  return {
    code: error.code,
    message: lowerFirst(error.message.replace(/^Cannot read the (expression|template): /, '')),
    at: { file: tree.file, span: spanInside(tree, offset + shift, Math.max(1, length)) },
  }
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`
}
