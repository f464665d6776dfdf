import { compile } from './compile.ts'
import type { Scope } from './json.ts'
import type { CompileOptions } from './options.ts'

/**
 * Compiles and renders a template that is used once.
 *
 * @throws SourceError as `compile` and `CompiledTemplate.render` do.
 * @example
 * render('Hello {{ name }}', { name: 'Ada' }) // 'Hello Ada'
 */
export function render(template: string, scope: Scope, options: CompileOptions = {}): string {
  return compile(template, options).render(scope)
}
