import { compile } from './compile.ts'
import type { CompileOptions, Reference } from './options.ts'

/**
 * The paths that a template reads from the root of its scope, in the order of the text: what must be there before it is
 * rendered. What it reads inside of a loop over a list is told by the list's path.
 *
 * @throws SourceError template_syntax and what else `compile` throws.
 * @example
 * references('{{ input.name }} {{default input.title "none"}}').map(({ path }) => path.join('.')) // ['input.name', 'input.title']
 */
export function references(template: string, options: CompileOptions = {}): readonly Reference[] {
  return compile(template, options).references
}
