import { translateGoTemplate } from '@wonder/templates'
import { spanInside } from '../scalar-position.ts'
import type { ScalarTree, Tree } from '../tree.ts'
import type { Remarks } from './remarks.ts'
import type { Resolver } from './resolver.ts'
import type { SourceScope } from './scope-of-source.ts'
import { pathsIn, type SourcePath } from './source-path.ts'

const ACTION = /\{\{(-?)\s*((?:"(?:[^"\\]|\\.)*"|`[^`]*`|(?!\}\})[\s\S])*?)\s*(-?)\}\}/g
const ALONE = /^\$?\.?[A-Za-z_][\w-]*(?:\.[\w-]+)+$|^\$?\.[A-Za-z_][\w-]*$/
const ROOTS = [
  'workflow',
  'tasks',
  'input',
  'env',
  'trigger',
  'output',
  'payload',
  'headers',
  'query',
  'with',
  'signal',
  'processor',
]

type Action = {
  readonly start: number
  readonly text: string
  readonly inner: string
  readonly open: string
  readonly close: string
}

/** Rewrites Go templates with the names of the new workflow. */
export class TextConverter {
  readonly #resolver: Resolver
  readonly #remarks: Remarks

  constructor(resolver: Resolver, remarks: Remarks) {
    this.#resolver = resolver
    this.#remarks = remarks
  }

  convert(tree: ScalarTree, text: string, scope: SourceScope): string {
    if (!text.includes('{{')) return text
    const actions = [...text.matchAll(ACTION)].map(
      (match): Action => ({
        start: match.index,
        text: match[0],
        open: match[1] ?? '',
        inner: match[2] ?? '',
        close: match[3] ?? '',
      }),
    )
    const simple = !/[$\\]\{\{/.test(text)
    const all =
      simple && actions.length > 0 && actions.every((action) => this.#single(action.inner, scope) !== undefined)
    return all ? this.#insertions(tree, text, actions, scope) : this.#program(tree, text, actions, scope)
  }

  /** The one path that an action inserts. */
  #single(inner: string, scope: SourceScope): readonly string[] | undefined {
    const [path, more] = pathsIn(inner)
    if (path !== undefined && more === undefined && path.start === 0 && path.end === inner.length) return path.parts
    if (!ALONE.test(inner)) return undefined
    const parts = inner.replace(/^\$?\.?/, '').split('.')
    const [root = ''] = parts
    return ROOTS.includes(root) || inner.startsWith('.') || scope.chain.some(({ item }) => item?.names.includes(root))
      ? parts
      : undefined
  }

  #insertions(tree: ScalarTree, text: string, actions: readonly Action[], scope: SourceScope): string {
    let out = ''
    let end = 0
    for (const action of actions) {
      out += text.slice(end, action.start)
      end = action.start + action.text.length
      out += this.#insertion(tree, text, action, scope)
    }
    return out + text.slice(end)
  }

  #insertion(tree: ScalarTree, text: string, action: Action, scope: SourceScope): string {
    const at: Tree = { ...tree, span: spanInside(tree, action.start, action.text.length) }
    const parts = this.#single(action.inner, scope) ?? []
    const alone = action.text === text.trim()
    const resolved = this.#resolver.resolve(parts, { ...scope, outputs: scope.outputs === true && alone }, at)
    const open = action.open === '-' ? '{{~ ' : '{{ '
    const close = action.close === '-' ? ' ~}}' : ' }}'
    switch (resolved.as) {
      case 'path':
        return `${open}${resolved.path}${close}`
      case 'cel':
        return `${open.trimEnd()}= ${resolved.cel}${close}`
      case 'value':
        return this.#given(resolved.tree, scope)
      case 'nothing':
        return this.#unknown(at, action.inner, resolved.why)
    }
  }

  /** What a task gives to an action of an agent stands in the prompt at once. */
  #given(tree: Tree, scope: SourceScope): string {
    const { given: _, ...outer } = scope
    if (tree.kind !== 'scalar') return ''
    return typeof tree.value === 'string' ? this.convert(tree, tree.value, outer) : String(tree.value)
  }

  #unknown(at: Tree, written: string, why: string): string {
    this.#remarks.decide(at, `"{{ ${written} }}" was left out: ${why}.`)
    return `(${written.replace(/^\./, '')})`
  }

  /** More than insertions: the paths get their new names, then the template is translated as a whole. */
  #program(tree: ScalarTree, text: string, actions: readonly Action[], scope: SourceScope): string {
    let renamed = ''
    let end = 0
    const levels: boolean[] = []
    const starts: number[] = []
    for (const action of actions) {
      const [word = ''] = action.inner.split(/\s/)
      if (word === 'end') levels.pop()
      const inside = levels.includes(true)
      const at: Tree = { ...tree, span: spanInside(tree, action.start, action.text.length) }
      const soft = /\b(default|if|or|and|coalesce|hasKey|empty|with)\b/.test(action.inner)
      renamed += text.slice(end, action.start)
      starts.push(renamed.length)
      const given = inside ? undefined : this.#insertedText(action.inner, scope, at)
      renamed +=
        given ?? `{{${action.open} ${this.#rename(action.inner, { scope, at, inside, soft })} ${action.close}}}`
      end = action.start + action.text.length
      if (['if', 'range', 'with', 'block', 'define'].includes(word)) levels.push(word === 'range' || word === 'with')
    }
    renamed += text.slice(end)
    const { text: translated, notes } = translateGoTemplate(renamed)
    for (const { message, severity, position } of notes) {
      const action = actions[starts.findLastIndex((start) => start <= position.offset)]
      const at: Tree =
        action === undefined ? tree : { ...tree, span: spanInside(tree, action.start, action.text.length) }
      this.#remarks.add(severity === 'error' ? 'decide' : 'changed', at, message)
    }
    return translated
  }

  /** A value that is given as a text and inserted as it is, with the names of the new workflow. */
  #insertedText(inner: string, scope: SourceScope, at: Tree): string | undefined {
    const parts = this.#single(inner, scope)
    const resolved = parts === undefined ? undefined : this.#resolver.resolve(parts, scope, at)
    if (resolved?.as !== 'value' || resolved.tree.kind !== 'scalar') return undefined
    const { given: _, ...outer } = scope
    return String(resolved.tree.value).replace(ACTION, (_whole, open: string, text: string, close: string) => {
      return `{{${open} ${this.#rename(text, { scope: outer, at, inside: false, soft: false })} ${close}}}`
    })
  }

  #rename(
    inner: string,
    at: { readonly scope: SourceScope; readonly at: Tree; readonly inside: boolean; readonly soft: boolean },
  ): string {
    let out = ''
    let end = 0
    for (const path of pathsIn(inner)) {
      out += inner.slice(end, path.start)
      end = path.end
      // Inside range and with a path begins at the item, unless it says $.
      out += at.inside && !path.root ? inner.slice(path.start, path.end) : this.#renamed(path, inner, at)
    }
    return out + inner.slice(end)
  }

  #renamed(
    path: SourcePath,
    inner: string,
    { scope, at, soft }: { readonly scope: SourceScope; readonly at: Tree; readonly soft: boolean },
  ): string {
    const written = inner.slice(path.start, path.end)
    const resolved = this.#resolver.resolve(path.parts, scope, at, soft)
    const root = path.root ? '$' : ''
    if (resolved.as === 'path' || resolved.as === 'cel')
      return `${root}.${resolved.path.replaceAll(/\[(\d+)\]/g, '.$1')}`
    const single =
      resolved.as === 'value'
        ? this.#single(valueText(resolved.tree).replace(/^\{\{-?\s*|\s*-?\}\}$/g, ''), scope)
        : undefined
    if (single !== undefined) {
      const { given: _, ...outer } = scope
      const inserted = this.#resolver.resolve(single, outer, at, soft)
      if (inserted.as === 'path') return `${root}.${inserted.path}`
    }
    if (resolved.as === 'value' && resolved.tree.kind === 'scalar' && !valueText(resolved.tree).includes('{{'))
      return JSON.stringify(resolved.tree.value)
    const why = resolved.as === 'nothing' ? resolved.why : 'it is given as a text'
    this.#remarks.decide(at, `"${written}" was left as "": ${why}.`)
    return '""'
  }
}

function valueText(tree: Tree): string {
  return tree.kind === 'scalar' ? String(tree.value) : ''
}
