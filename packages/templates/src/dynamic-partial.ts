import { nearest } from '@wonder/errors'
import { compileExpression } from './compile-expression.ts'
import { compileNamed, inlineNames, type PartialPlace, type WritePartial } from './compile-partial.ts'
import type { StaticScope } from './static-scope.ts'
import type { Block, Partial } from './syntax.ts'

type DynamicTag = { readonly tag: Partial | Block; readonly inside: StaticScope; readonly hasBody: boolean }

/** `{{> (lookup . "kind")}}`: any partial that can be seen may be meant, so what each of them reads is what the template may read. */
export function dynamicPartial(place: PartialPlace, { tag, inside, hasBody }: DynamicTag): WritePartial {
  const { compilation, inlines } = place.around
  const { callee } = tag.call
  const { read } = compileExpression(compilation, callee, { scope: place.scope })
  const candidates = new Map<string, () => WritePartial>()
  // A context below the root was recorded as a whole by its own reference.
  const scope: StaticScope = { ...inside, path: inside.path?.length === 0 ? inside.path : undefined }
  for (const name of Object.keys(compilation.options.partials ?? {})) {
    candidates.set(name, shared(place, { tag, inside: scope, name }))
  }
  for (const name of inlineNames(inlines)) {
    const write = compileNamed(place, { tag, inside: scope, body: undefined, name })
    candidates.set(name, () => write)
  }
  return (frame, value, body) => {
    frame.rendering.allowance.spend(1)
    const name = String(read(frame) ?? '')
    const found = candidates.get(name)
    if (found !== undefined) return found()(frame, value, body)
    if (hasBody && body !== undefined) return body(frame.inner(value, value === frame.value ? frame.up : frame))
    const near = nearest(name, [...candidates.keys()])
    const hint = near === undefined ? '' : `. Did you mean "${near}"?`
    throw compilation.scanner.error('evaluation_failed', `There is no partial "${name}"${hint}`, callee)
  }
}

/** One compiled form for all tags of a template: partials that insert computed partials would multiply otherwise. */
function shared(
  place: PartialPlace,
  named: { tag: Partial | Block; inside: StaticScope; name: string },
): () => WritePartial {
  const { compilation, partials } = place.around
  const key = `${named.inside.path === undefined ? 'data' : 'root'} ${[...(named.inside.hidden ?? [])].join(' ')} ${named.name}`
  if (!partials.dynamic.has(key)) {
    partials.dynamic.set(key, () => '')
    const write = compilation.optionally(() => compileNamed(place, { ...named, body: undefined }))
    partials.dynamic.set(key, write)
  }
  return () => partials.dynamic.get(key) ?? (() => '')
}
