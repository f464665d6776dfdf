import { type SourcePosition, WonderError } from '@wonder/errors'
import { defaultLimits } from './limits.ts'
import { parse } from './parse.ts'
import { Scanner } from './scanner.ts'
import type { Statement } from './syntax.ts'

/** What a string of YAML is. Positions are in the string. */
export type Classified =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'reference'; readonly path: readonly (string | number)[]; readonly position: SourcePosition }
  | { readonly kind: 'expression'; readonly source: string; readonly position: SourcePosition }
  | { readonly kind: 'template' }

/**
 * Text without mustaches; one `{{ path }}` that is the whole string; one `{{= CEL }}` that is the whole string;
 * or a template. A text with a syntax error is a template: `compile` says what is wrong.
 */
export function classify(text: string): Classified {
  if (!text.includes('{{')) return { kind: 'literal', text }
  if (!text.startsWith('{{') || !text.endsWith('}}')) return { kind: 'template' }
  const scanner = new Scanner(text)
  const only = onlyStatement(scanner)
  if (only?.kind === 'computed') {
    return { kind: 'expression', source: scanner.slice(only.source), position: scanner.position(only.source) }
  }
  if (only?.kind !== 'mustache' || only.raw || only.call.args.length > 0 || only.call.hash.length > 0)
    return { kind: 'template' }
  const { callee } = only.call
  if (callee.kind !== 'path' || callee.up > 0) return { kind: 'template' }
  const path = callee.data && callee.segments[0] === 'root' ? callee.segments.slice(1) : callee.segments
  if ((callee.data && path === callee.segments) || path.length === 0) return { kind: 'template' }
  return { kind: 'reference', path, position: scanner.position(callee) }
}

function onlyStatement(scanner: Scanner): Statement | undefined {
  try {
    const { body } = parse(scanner, defaultLimits.depth)
    return body.length === 1 ? body[0] : undefined
  } catch (thrown) {
    if (thrown instanceof WonderError) return undefined
    throw thrown
  }
}
