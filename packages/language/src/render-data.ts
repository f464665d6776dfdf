import type { Expr } from '@wonder/engine'
import { nearest, SourceError } from '@wonder/errors'
import type { Reference } from '@wonder/templates'
import { mapExpr } from './definition-builder.ts'
import { optionalPath } from './optional-path.ts'
import type { Scope } from './scope.ts'
import type { SourceText } from './source-text.ts'
import { computedProblem, habitProblem, templateProblem } from './text-habits.ts'
import type { Template } from './text-reader.ts'
import { entriesOf, type ScalarTree, type Tree, textOf } from './tree.ts'
import { storeText, type WorkContext } from './work-context.ts'

/** Compiles a render: its template, and as data `with` and exactly those values of the scope that the template reads. */
export class RenderData {
  readonly #context: WorkContext
  readonly #scope: Scope

  constructor(context: WorkContext, scope: Scope) {
    this.#context = context
    this.#scope = { ...scope, noSecrets: 'what is rendered is stored with the run' }
  }

  compile(value: Tree, given: Tree | undefined): Expr | undefined {
    const text = textOf(value)
    if (text === undefined || value.kind !== 'scalar') return undefined
    const extra = new Map(
      entriesOf(given).map(({ key, value: part }) => [key, this.#context.values.value(part, this.#scope)]),
    )
    const file =
      text.endsWith('.hbs') && !text.includes('{{') && !text.includes('\n') ? this.#file(value, text) : undefined
    if (file === null) return undefined
    const template = file === undefined ? { tree: value, text } : { tree: wholeFile(file), text: file.text }
    const sink = file?.path.endsWith('.html.hbs') === true ? 'html' : 'none'
    const compiled = this.#template(template.tree, template.text, sink)
    if (compiled === undefined) return undefined
    const { references } = compiled
    const schemas = new Map([...extra].map(([key, { schema }]) => [key, schema]))
    this.#context.values.checkTemplate(template.tree, compiled, {
      ...this.#scope,
      extra: new Map([...(this.#scope.extra ?? []), ...schemas]),
    })
    const read = references.filter(({ path }) => !extra.has(String(path[0])))
    const data = mapExpr([...readExpr(read), ...[...extra].map(([key, { expr }]) => [key, expr] as const)])
    const source: readonly [string, Expr] =
      file === undefined
        ? ['text', { lit: text }]
        : ['template', { lit: storeText(this.#context.builder, file.path, file.text) }]
    return mapExpr([source, ['data', data], ['escape', { lit: sink }]])
  }

  /** The template's file; null when there is none, which is told. */
  #file(value: ScalarTree, path: string): SourceText | null {
    const { library, problems } = this.#context
    const found = library.templates.get(path.replace(/^\.\//, ''))
    if (found !== undefined && found !== null) return found
    const near = nearest(path, library.templatePaths)
    problems.add({
      code: 'unknown_file',
      message: `there is no file "${path}"`,
      at: value,
      help: near === undefined ? 'The path counts from the folder of wonder.yaml.' : `Did you mean "${near}"?`,
    })
    return null
  }

  #template(tree: ScalarTree, text: string, sink: 'html' | 'none'): Template | undefined {
    const { problems } = this.#context
    const isFile = tree.file.path.endsWith('.hbs')
    if ((isFile ? computedProblem : habitProblem)(tree, text, problems)) return undefined
    try {
      const compiled = this.#context.values.texts.template(text, sink)
      const secrets = compiled.secrets.map((name) => {
        const offset = Math.max(0, text.indexOf(`secrets.${name}`))
        return {
          path: ['secrets', name],
          position: { offset, length: name.length + 8, line: 1, column: 1 },
          optional: false,
        }
      })
      return { ...compiled, references: [...compiled.references, ...secrets] }
    } catch (thrown) {
      if (!(thrown instanceof SourceError)) throw thrown
      problems.add(templateProblem(tree, thrown, 0))
      return undefined
    }
  }
}

/** A file as one text: a place in the text is the same place in the file. */
function wholeFile(file: SourceText): ScalarTree {
  return { kind: 'scalar', value: file.text, style: 'plain', file, span: { start: 0, end: file.text.length } }
}

type Branch = Map<string | number, Branch | 'whole'>

/**
 * A map that leads along what is read, with a reference at the end of each way; a shorter path brings all below it.
 * What the template itself takes as possibly missing is null where it is missing.
 */
function readExpr(references: readonly Reference[]): readonly (readonly [string, Expr])[] {
  const root: Branch = new Map()
  for (const { path } of references) plant(root, path)
  const optional = new Set(references.flatMap((reference) => (reference.optional ? [keyOf(reference.path)] : [])))
  return grow(root, [], (path) => path.some((_, index) => optional.has(keyOf(path.slice(0, index + 1)))))
}

function keyOf(path: Reference['path']): string {
  return JSON.stringify(path)
}

function plant(root: Branch, path: Reference['path']): void {
  let at = root
  for (const [index, key] of path.entries()) {
    // A number leads into a list: what is before it is brought as a whole.
    const last = index === path.length - 1 || typeof path[index + 1] === 'number'
    const next = at.get(key)
    if (next === 'whole') return
    if (last) {
      at.set(key, 'whole')
      return
    }
    const branch: Branch = next ?? new Map()
    at.set(key, branch)
    at = branch
  }
}

function grow(
  branch: Branch,
  before: Reference['path'],
  isOptional: (path: Reference['path']) => boolean,
): readonly (readonly [string, Expr])[] {
  return [...branch].map(([key, below]) => {
    const path = [...before, key]
    if (below !== 'whole') return [String(key), mapExpr(grow(below, path, isOptional))] as const
    return [String(key), isOptional(path) && path.length > 1 ? optionalPath(path) : { path }] as const
  })
}
