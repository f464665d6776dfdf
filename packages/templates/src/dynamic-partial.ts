import { nearest } from '@wonder/errors'
import type { Compilation } from './compilation.ts'
import type { Frame, Read, Write } from './frame.ts'
import type { Value } from './json.ts'
import type { StaticScope } from './static-scope.ts'
import type { Span } from './syntax.ts'

/** Writes a partial with a context, and the block that its tag may have. */
export type WritePartial = (frame: Frame, value: Value, body: Write | undefined) => string

export type DynamicTag = {
  readonly compilation: Compilation
  /** Computes the name. */
  readonly read: Read
  readonly span: Span
  readonly inside: StaticScope
  readonly inlineNames: readonly string[]
  /** One compiled form for all tags of a template: partials that insert computed partials would multiply otherwise. */
  readonly shared: Map<string, WritePartial>
  readonly compile: (name: string, inside: StaticScope) => WritePartial
}

/** `{{> (lookup . "kind")}}`: any partial that can be seen may be meant, so what each of them reads is what the template may read. */
export function dynamicPartial(tag: DynamicTag): WritePartial {
  const { compilation, read, span } = tag
  const candidates = new Map<string, () => WritePartial>()
  // A context below the root was recorded as a whole by its own reference.
  const scope: StaticScope = { ...tag.inside, path: tag.inside.path?.length === 0 ? tag.inside.path : undefined }
  for (const name of Object.keys(compilation.options.partials ?? {})) candidates.set(name, shared(tag, name, scope))
  for (const name of tag.inlineNames) {
    const write = tag.compile(name, scope)
    candidates.set(name, () => write)
  }
  return (frame, value, body) => {
    frame.rendering.allowance.spend(1)
    const name = String(read(frame) ?? '')
    const found = candidates.get(name)
    if (found !== undefined) return found()(frame, value, body)
    if (body !== undefined) return body(frame.inner(value, value === frame.value ? frame.up : frame))
    const near = nearest(name, [...candidates.keys()])
    const hint = near === undefined ? '' : `. Did you mean "${near}"?`
    throw compilation.scanner.error('evaluation_failed', `There is no partial "${name}"${hint}`, span)
  }
}

function shared(tag: DynamicTag, name: string, inside: StaticScope): () => WritePartial {
  const known = tag.shared
  const key = [inside.path === undefined ? 'data' : 'root', ...(inside.hidden ?? []), name].join(' ')
  if (!known.has(key)) {
    known.set(key, () => '')
    known.set(
      key,
      tag.compilation.optionally(() => tag.compile(name, inside)),
    )
  }
  return () => known.get(key) ?? (() => '')
}
