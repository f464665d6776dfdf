import { compile, fits, type JsonSchema } from '@wonder/context'
import { WonderError } from '@wonder/errors'
import type { Problems } from './problems.ts'
import { jsonOf, type Tree, textOf } from './tree.ts'
import { quoted } from './yaml-traps.ts'

/** A value on its way into a place with a schema. */
export type Feeding = {
  /** What is fed, for messages: `input "limit" of tool "list_files"`. */
  readonly what: string
  readonly tree: Tree
  /** What is known of the value. */
  readonly given: JsonSchema | undefined
  readonly asked: JsonSchema
  readonly problems: Problems
}

/** Tells when a value can be seen not to fit what it feeds. */
export function checkFit(feeding: Feeding): void {
  const { tree, given, asked } = feeding
  if (!holdsTemplate(tree)) return checkLiteral(feeding)
  if (given === undefined || asked === true) return
  const answer = fits(given, asked)
  if (answer.fits !== false) return
  const text = textOf(tree)
  const reference = /^\{\{\s*([^{}=\s][^{}]*?)\s*\}\}$/.exec(text ?? '')?.[1]
  const wantsText = typeof asked === 'object' && asked.type === 'string'
  const help = reference !== undefined && wantsText ? `Write "{{= string(${reference}) }}".` : undefined
  mismatch(feeding, answer.why, help)
}

/** A value that stands in the file is checked as it is. */
function checkLiteral(feeding: Feeding): void {
  const { tree, asked } = feeding
  const value = jsonOf(tree)
  const checked = compile(asked).check(value)
  if (checked.ok) return
  const [first] = checked.errors
  const wantsText = typeof asked === 'object' && asked.type === 'string' && tree.kind === 'scalar'
  const help =
    wantsText && value !== null
      ? `Write ${quoted(tree.file.text.slice(tree.span.start, tree.span.end) || String(value))}.`
      : undefined
  mismatch(feeding, (first?.message ?? 'it does not fit').replace(/^the value /, 'it '), help)
}

function mismatch({ what, tree, problems }: Feeding, why: string, help: string | undefined): void {
  problems.add({ code: 'type_mismatch', message: `${what}: ${why}`, at: tree, help })
}

function holdsTemplate(tree: Tree): boolean {
  if (tree.kind === 'list') return tree.items.some(holdsTemplate)
  if (tree.kind === 'map') return tree.entries.some(({ value }) => holdsTemplate(value))
  return textOf(tree)?.includes('{{') === true
}

/** What is wrong with a schema itself, if anything. */
export function schemaMistake(schema: JsonSchema): string | undefined {
  try {
    compile(schema)
    return undefined
  } catch (thrown) {
    if (thrown instanceof WonderError) return thrown.message
    throw thrown
  }
}
