import type { JsonSchema } from '@wonder/context'
import type { Expr, Sink } from '@wonder/engine'
import { SourceError } from '@wonder/errors'
import { type DefinitionBuilder, listExpr, mapExpr } from './definition-builder.ts'
import { checkExpressionTypes } from './expression-types.ts'
import { schemaOfValue } from './known-schemas.ts'
import { optionalPath } from './optional-path.ts'
import type { Problems } from './problems.ts'
import { ReferenceCheck } from './reference-check.ts'
import type { Scope } from './scope.ts'
import { expressionProblem, habitProblem, templateProblem } from './text-habits.ts'
import { shifted, type Template, type TextReader } from './text-reader.ts'
import { type ScalarTree, type Tree, textOf } from './tree.ts'
import { quoted } from './yaml-traps.ts'

/** A computed value, and what is known of it. */
export type Typed = { readonly expr: Expr; readonly schema?: JsonSchema | undefined }

const NOTHING: Typed = { expr: { lit: null } }

/** Turns what was written into expressions of the definition, and checks all that they read. */
export class ValueCompiler {
  readonly #problems: Problems
  readonly references: ReferenceCheck
  readonly texts: TextReader
  /** Of the CEL that was read last. */
  #lastSchema: JsonSchema | undefined

  constructor({ problems, builder, texts }: { problems: Problems; builder: DefinitionBuilder; texts: TextReader }) {
    this.#problems = problems
    this.texts = texts
    this.references = new ReferenceCheck(problems, builder)
  }

  /** A value: texts are templates, a text that is one reference keeps the type. */
  value(tree: Tree, scope: Scope, sink: Sink = 'none'): Typed {
    switch (tree.kind) {
      case 'scalar':
        if (typeof tree.value === 'string') return this.#text(tree, tree.value, scope, sink)
        return { expr: { lit: tree.value }, schema: schemaOfValue(tree.value) }
      case 'list': {
        const items = tree.items.map((item) => this.value(item, scope, sink))
        const [first] = items
        const same = items.every(({ schema }) => JSON.stringify(schema) === JSON.stringify(first?.schema))
        const known = same && first?.schema !== undefined ? { items: first.schema } : {}
        return { expr: listExpr(items.map(({ expr }) => expr)), schema: { type: 'array', ...known } }
      }
      case 'map': {
        const entries = tree.entries.map(({ key, value }) => [key, this.value(value, scope, sink)] as const)
        return { expr: mapExpr(entries.map(([key, { expr }]) => [key, expr])), schema: objectOf(entries) }
      }
    }
  }

  /** A text as a whole template; the value is always a text. */
  template(tree: Tree, scope: Scope, sink: Sink): Expr {
    const text = textOf(tree)
    if (tree.kind !== 'scalar' || text === undefined) return this.value(tree, scope).expr
    if (habitProblem(tree, text, this.#problems)) return NOTHING.expr
    if (!text.includes('{{')) return { lit: text }
    return this.#compile(tree, text, scope, sink) ? { text, sink } : NOTHING.expr
  }

  /** Bare CEL that must be true or false. */
  condition(tree: Tree, scope: Scope): string | undefined {
    const source = this.cel(tree, scope, true)
    const schema = this.#lastSchema
    const type = typeof schema === 'object' ? schema.type : undefined
    const bare = source !== undefined && tree.kind === 'scalar' && isPath(source)
    if (!bare || typeof type !== 'string' || type === 'boolean') return source
    const test = { string: `${source} != ""`, array: `size(${source}) > 0`, object: `size(${source}) > 0` }[
      String(type)
    ]
    this.#problems.add({
      code: 'type_mismatch',
      message: `a condition is true or false, and this is ${type === 'array' || type === 'object' ? `a ${type === 'array' ? 'list' : 'map'}` : type === 'string' ? 'a text' : 'a number'}`,
      at: tree,
      help: `Write ${quoted(test ?? `${source} > 0`)}.`,
    })
    return source
  }

  /** Bare CEL. Undefined when it cannot be read. */
  cel(tree: Tree, scope: Scope, condition = false): string | undefined {
    this.#lastSchema = undefined
    if (tree.kind !== 'scalar') return undefined
    if (typeof tree.value === 'boolean') return String(tree.value)
    const source = textOf(tree)
    if (source === undefined) return undefined
    const found = expressionProblem(tree, source)
    if (found !== undefined) {
      this.#problems.add(found)
      return undefined
    }
    const references = this.#guard(tree, 0, () => this.texts.expression(source))
    if (references === undefined) return undefined
    const { told } = this.#problems
    this.#lastSchema = this.references.checkAll(tree, references, {
      ...scope,
      cel: true,
      noSecrets: scope.noSecrets ?? 'a condition is stored with the run',
    })
    this.#types({ tree, source, shift: 0, scope, condition: condition && !isPath(source), told })
    return source
  }

  /** The texts that bare CEL can come to, where it is one reference to a field of fixed words. Undefined: any. */
  words(tree: Tree, scope: Scope): readonly string[] | undefined {
    const source = this.cel(tree, scope)
    const schema = this.#lastSchema
    if (source === undefined || !isPath(source) || typeof schema !== 'object') return undefined
    const words = schema.enum ?? []
    return words.length > 0 && words.every((word) => typeof word === 'string') ? words : undefined
  }

  /** Checks what a template reads and computes. */
  checkTemplate(tree: ScalarTree, template: Template, scope: Scope): void {
    const { told } = this.#problems
    this.references.checkAll(tree, template.references, scope)
    // Blocks bring names of their own, which may hide those of the scope.
    const computed = textOf(tree)?.includes('{{#') === true ? [] : template.computed
    for (const { source, offset } of computed) this.#types({ tree, source, shift: offset, scope, told })
  }

  #text(tree: ScalarTree, text: string, scope: Scope, sink: Sink): Typed {
    if (habitProblem(tree, text, this.#problems)) return NOTHING
    const found = this.texts.kind(text)
    switch (found.kind) {
      case 'literal':
        return { expr: { lit: text }, schema: { type: 'string', const: text } }
      case 'reference': {
        const { path, position } = found
        if (isDoubtful(path, scope)) {
          this.references.checkAll(tree, [{ path, position, optional: true }], scope)
          return { expr: optionalPath(path) }
        }
        const schema = this.references.checkAll(tree, [{ path, position, optional: false }], scope)
        return { expr: sink === 'shell' || sink === 'html' ? { text, sink } : { path }, schema }
      }
      case 'expression': {
        const { source, position } = found
        const references = this.#guard(tree, position.offset, () => this.texts.expression(source))
        if (references === undefined) return NOTHING
        const { told } = this.#problems
        this.references.checkAll(tree, shifted(references, position), {
          ...scope,
          cel: true,
          noSecrets: 'CEL computes with values that are stored',
        })
        this.#types({ tree, source, shift: position.offset, scope, told })
        return { expr: { cel: source } }
      }
      case 'template':
        if (!this.#compile(tree, text, scope, sink)) return NOTHING
        return { expr: { text, sink }, schema: { type: 'string' } }
    }
  }

  #compile(tree: ScalarTree, text: string, scope: Scope, sink: Sink): boolean {
    const compiled = this.#guard(tree, 0, () => this.texts.template(text, sink))
    if (compiled === undefined) return false
    this.checkTemplate(tree, compiled, scope)
    for (const name of compiled.secrets) {
      const at = text.indexOf(`secrets.${name}`)
      const position = { offset: Math.max(0, at), length: name.length + 8, line: 1, column: 1 }
      this.references.checkAll(tree, [{ path: ['secrets', name], position, optional: false }], scope)
    }
    return true
  }

  /** Checks types where the references are sound: else the same mistake would be told in two ways. */
  #types(written: {
    readonly tree: ScalarTree
    readonly source: string
    readonly shift: number
    readonly scope: Scope
    readonly condition?: boolean
    readonly told: number
  }): void {
    if (this.#problems.told > written.told) return
    const { tree, source, shift, scope, condition = false } = written
    checkExpressionTypes({ tree, source, shift, scope, condition, problems: this.#problems })
  }

  /** Runs a compiler; what it throws becomes a problem at its place in the file. */
  #guard<T>(tree: ScalarTree, shift: number, compile: () => T): T | undefined {
    try {
      return compile()
    } catch (thrown) {
      if (!(thrown instanceof SourceError)) throw thrown
      this.#problems.add(templateProblem(tree, thrown, shift))
      return undefined
    }
  }
}

/** Is CEL no more than names and dots? */
function isPath(source: string): boolean {
  return /^[A-Za-z_][\w.]*$/.test(source)
}

/** Does an output read a task that need not have run? */
function isDoubtful(path: readonly (string | number)[], { lenient, tasks }: Scope): boolean {
  if (lenient !== true || path[0] !== 'tasks' || path.length < 3) return false
  const certainty = tasks?.flow.of(String(path[1]))
  return certainty !== undefined && certainty !== 'done'
}

function objectOf(entries: readonly (readonly [string, Typed])[]): JsonSchema {
  const properties = Object.fromEntries(entries.map(([key, { schema }]) => [key, schema ?? true]))
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
}
