import type { YAMLError } from 'yaml'
import type { Problem } from './problems.ts'
import type { SourceText, Span } from './source-text.ts'

/** What is wrong, and the value that stands there, where quotes around it would mend it. */
export type SyntaxProblem = { readonly problem: Problem; readonly value?: Span }

/** A mistake of YAML's own syntax, told with the text to paste where the trap is known. */
export function syntaxProblem(file: SourceText, error: YAMLError): SyntaxProblem {
  const span = { start: error.pos[0], end: Math.max(error.pos[1], error.pos[0] + 1) }
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^\s*-?\s*["']?([^"':\s]+)/.exec(file.text.slice(span.start))?.[1] ?? ''
    const at = { file, span: { start: span.start, end: span.start + Math.max(1, key.length) } }
    const message = `the key "${key}" stands twice in this map`
    return { problem: { code: 'duplicate_key', message, at, help: 'Keep one of the two.' } }
  }
  const trap = quotedTrap(file, span) ?? bracesTrap(file, span) ?? colonTrap(file, span, error) ?? typeTrap(file, span)
  return trap === undefined ? { problem: plainError(file, span, error) } : { problem: trap, value: trap.at.span }
}

/** `if: !x`: YAML takes the word after `!` for a tag. */
export function tagProblem(file: SourceText, span: Span, tag: string): Problem {
  const line = file.place(span.start).line
  const text = file.line(line)
  const at = text.indexOf(tag)
  const start = at === -1 ? span.start : file.offsetOf(line, at + 1)
  const rest =
    at === -1
      ? tag
      : text
          .slice(at)
          .replace(/\s+#.*$/, '')
          .trimEnd()
  const inFlow = /[{[]/.test(text.slice(0, Math.max(0, at)))
  const whole = (inFlow ? rest.replace(/(?:,\s*[\w-]+:\s.*|\s*[}\]].*)$/, '') : rest).trimEnd()
  return {
    code: 'yaml_tag',
    message: 'YAML takes a word that begins with "!" for a tag',
    at: { file, span: { start, end: start + whole.length } },
    help: `Write ${quoted(whole)}.`,
  }
}

/** `if: "a" == b`: text after the closing quote. */
function quotedTrap(file: SourceText, span: Span): Problem | undefined {
  const { line } = file.place(span.start)
  const text = file.line(line)
  const found = /^(\s*(?:-\s+)*[\w.-]+:\s+)((["'])(?:(?!\3).)*\3\s*[^\s#,}\]].*)$/.exec(text)
  if (!found) return undefined
  const [, head = '', value = ''] = found
  const start = file.offsetOf(line, head.length + 1)
  return {
    code: 'yaml_quotes',
    message: 'after the closing quote YAML expects nothing more',
    at: { file, span: { start, end: start + value.trimEnd().length } },
    help: `Write ${quoted(value.replace(/\s+#.*$/, '').trimEnd())}.`,
  }
}

/** `text: {{ a }} and more`: a value that begins with braces. */
function bracesTrap(file: SourceText, span: Span): Problem | undefined {
  const { line } = file.place(span.start)
  for (const number of [line, line - 1]) {
    const text = file.line(number)
    const found = /^(\s*(?:-\s+)*[\w.-]+:\s+|\s*-\s+)(\{\{.*?)\s*(?:\s#.*)?$/.exec(text)
    if (!found) continue
    const [, head = '', value = ''] = found
    const start = file.offsetOf(number, head.length + 1)
    return {
      code: 'unquoted_braces',
      message: 'without quotes YAML reads the braces as a map',
      at: { file, span: { start, end: start + value.length } },
      help: `Write ${quoted(value)}.`,
    }
  }
  return undefined
}

/** `message: done: 3 files`: a colon and a blank inside a text without quotes. */
function colonTrap(file: SourceText, span: Span, error: YAMLError): Problem | undefined {
  if (error.code !== 'BLOCK_AS_IMPLICIT_KEY' && !/Nested mappings/.test(error.message)) return undefined
  const { line } = file.place(span.start)
  const found = /^(\s*(?:-\s+)*[\w.-]+:\s+)([^"'{[|>].*:\s.*?)\s*$/.exec(file.line(line))
  if (!found) return undefined
  const [, head = '', value = ''] = found
  const start = file.offsetOf(line, head.length + 1)
  return {
    code: 'yaml_syntax',
    message: 'a text with ": " in it needs quotes',
    at: { file, span: { start, end: start + value.length } },
    help: `Write ${quoted(value)}.`,
  }
}

/** `{ names: string[] }`: brackets without quotes inside a map or list on one line. */
function typeTrap(file: SourceText, span: Span): Problem | undefined {
  const { line, column } = file.place(span.start)
  const found = [...file.line(line).matchAll(/(?<=[{,]\s*[\w-]+:\s+)[a-z]+\[\]\??/g)].find(
    ({ 0: type, index }) => index <= column && column <= index + type.length + 2,
  )
  if (found === undefined) return undefined
  const start = file.offsetOf(line, found.index + 1)
  return {
    code: 'yaml_syntax',
    message: 'inside braces on one line a text with "[" in it needs quotes',
    at: { file, span: { start, end: start + found[0].length } },
    help: `Write ${quoted(found[0])}.`,
  }
}

const PLAIN: readonly (readonly [said: RegExp, message: string, help?: string])[] = [
  [/^Flow sequence in block/, 'a "[" before this is not closed', 'Write the "]".'],
  [/^Flow map in block/, 'a "{" before this is not closed', 'Write the "}".'],
  [/^Missing closing/, 'a quote before this is not closed'],
  [
    /same column|without - indicator|^Bad indentation|not indented/i,
    'this line is indented differently from its neighbours',
  ],
  [/tab/i, 'YAML is indented with spaces, not with tabs'],
  [/multiple documents/, 'a file holds one document', 'Take the line "---" out.'],
  [/cannot start with/, 'a text cannot begin with this sign unless it is in quotes'],
  [/^Implicit keys need/, 'a colon is missing after this key'],
  [/^Unexpected (flow|scalar|map)/, 'this does not belong here'],
]

function plainError(file: SourceText, span: Span, error: YAMLError): Problem {
  const said = error.message.charAt(0).toLowerCase() + error.message.slice(1)
  const start = Math.min(span.start, Math.max(0, file.text.trimEnd().length - 1))
  const { line } = file.place(start)
  const end = Math.max(start + 1, Math.min(span.end, file.offsetOf(line, file.line(line).length + 1)))
  const known = PLAIN.find(([pattern]) => pattern.test(error.message))
  return { code: 'yaml_syntax', message: known?.[1] ?? said, at: { file, span: { start, end } }, help: known?.[2] }
}

/** A YAML text in quotes: single ones, so that nothing in it needs an escape. */
export function quoted(text: string): string {
  return text.includes('"') ? `'${text.replaceAll("'", "''")}'` : `"${text.replaceAll('\\', '\\\\')}"`
}
