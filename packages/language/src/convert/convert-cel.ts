import type { Tree } from '../tree.ts'
import { celOf, readGoExpression } from './go-expression.ts'
import type { Remarks } from './remarks.ts'
import type { Resolver } from './resolver.ts'
import type { SourceScope } from './scope-of-source.ts'

const ROOTS = [
  'workflow',
  'tasks',
  'input',
  'env',
  'with',
  'trigger',
  'output',
  'item',
  'index',
  'error',
  'signal',
  'processor',
  'task',
  'parent',
  'current',
  'project',
  'payload',
  'headers',
  'query',
]
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y
const STEP = /\.\??([A-Za-z_][\w]*)|\[\??(?:"([^"]*)"|'([^']*)'|(\d+))\]/y
const WORD = /[A-Za-z_$][\w]*/y

/** Rewrites conditions, which are CEL or a Go template that says whether. */
export class CelConverter {
  readonly #resolver: Resolver
  readonly #remarks: Remarks

  constructor(resolver: Resolver, remarks: Remarks) {
    this.#resolver = resolver
    this.#remarks = remarks
  }

  convert(tree: Tree, text: string, scope: SourceScope): string {
    const whole = /^\s*\{\{-?\s*([\s\S]*?)\s*-?\}\}\s*$/.exec(text)
    if (whole !== null && !(whole[1] ?? '').includes('{{')) {
      const expression = readGoExpression(whole[1] ?? '')
      const cel = expression === undefined ? undefined : celOf(expression, (path) => this.#go(path, tree, scope))
      if (cel !== undefined) return cel
      this.#remarks.decide(tree, `The condition ${text.trim()} could not be said in CEL: it is "false" for now.`)
      return 'false'
    }
    const plain = text.replace(/["']?\{\{-?\s*\$?\.?([\w.-]+)\s*-?\}\}["']?/g, '$1')
    if (plain.includes('{{')) {
      this.#remarks.decide(tree, `The condition ${text.trim()} could not be said in CEL: it is "false" for now.`)
      return 'false'
    }
    return this.#expression(plain.trim(), tree, scope)
  }

  #go(text: string, tree: Tree, scope: SourceScope): string | undefined {
    return this.#path(text.replace(/^\$?\./, '').split('.'), tree, scope)
  }

  #path(parts: readonly string[], tree: Tree, scope: SourceScope): string | undefined {
    const resolved = this.#resolver.resolve(parts, scope, tree)
    switch (resolved.as) {
      case 'path':
        return resolved.path
      case 'cel':
        return resolved.cel
      case 'value': {
        const { given: _, ...outer } = scope
        const value = resolved.tree.kind === 'scalar' ? resolved.tree.value : null
        if (typeof value === 'string' && value.includes('{{')) return this.convert(resolved.tree, value, outer)
        return JSON.stringify(value)
      }
      case 'nothing':
        this.#remarks.decide(tree, `"${parts.join('.')}" became null in the condition: ${resolved.why}.`)
        return undefined
    }
  }

  #expression(text: string, tree: Tree, scope: SourceScope): string {
    let out = ''
    for (let at = 0; at < text.length; ) {
      const quoted = match(STRING, text, at)
      const word = quoted === undefined ? match(WORD, text, at) : undefined
      if (quoted !== undefined || word === undefined) {
        const part = quoted?.[0] ?? text.charAt(at)
        out += part
        at += part.length
        continue
      }
      const end = this.#chain(text, at, word[0], scope)
      out += end === undefined ? word[0] : (this.#path(end.parts, tree, scope) ?? 'null')
      at = end?.end ?? at + word[0].length
    }
    return out
  }

  /** The path that begins with a word, up to a call of a method. */
  #chain(text: string, start: number, root: string, scope: SourceScope) {
    const named =
      ROOTS.includes(root) || scope.chain.some(({ item }) => item?.names.includes(root) || item?.index.includes(root))
    if (!named || /[.\w]$/.test(text.slice(0, start))) return undefined
    let end = start + root.length
    if (text.charAt(end) === '(') return undefined
    const parts = [root]
    for (;;) {
      const task = root === 'tasks' && parts.length === 1 ? this.#task(text, end) : undefined
      const step = task === undefined ? match(STEP, text, end) : undefined
      const length = task === undefined ? step?.[0].length : task.length + 1
      if (length === undefined || text.charAt(end + length) === '(') break
      parts.push(task ?? step?.[1] ?? step?.[2] ?? step?.[3] ?? step?.[4] ?? '')
      end += length
    }
    return { parts, end }
  }

  /** Ids with hyphens are no words of CEL, and stand there all the same. */
  #task(text: string, at: number): string | undefined {
    const ids = this.#resolver.taskIds.filter((id) => id.includes('-')).sort((a, b) => b.length - a.length)
    return ids.find((id) => text.startsWith(`.${id}`, at) && !/[\w-]/.test(text.charAt(at + 1 + id.length)))
  }
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}
