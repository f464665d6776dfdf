import type { JsonSchema } from '@wonder/context'
import type { ActionKind, Expr, TaskDef } from '@wonder/engine'
import { nearest } from '@wonder/errors'
import { listExpr, mapExpr } from './definition-builder.ts'
import { parseSize } from './duration.ts'
import { object, outputSchemas, shellSchema } from './known-schemas.ts'
import { RenderData } from './render-data.ts'
import type { Scope } from './scope.ts'
import { child, entriesOf, entryOf, jsonOf, type MapTree, numberOf, type Tree, textOf } from './tree.ts'
import type { Typed } from './value-compiler.ts'
import { checkWith } from './with-check.ts'
import type { WorkContext } from './work-context.ts'

/** What an action is given, what it gives, and whether it may be repeated unasked after a crash. */
export type Work = {
  readonly action: ActionKind
  readonly config: Expr
  readonly output: JsonSchema | undefined
  readonly asks: boolean
}

const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Compiles what an executor does: tool, shell, http, render. The config is as /actions say. */
export class WorkCompiler {
  readonly #context: WorkContext

  constructor(context: WorkContext) {
    this.#context = context
  }

  compile(kind: string, tree: MapTree, value: Tree, scope: Scope): Work | undefined {
    switch (kind) {
      case 'tool':
        return this.#tool(tree, value, scope)
      case 'shell':
        return this.#shell(tree, value, scope)
      case 'http':
        return this.#http(value, scope)
      case 'render':
        return this.#render(tree, value, scope)
      default:
        return undefined
    }
  }

  #tool(tree: MapTree, value: Tree, scope: Scope): Work | undefined {
    const { library, problems, values, usedTools } = this.#context
    const name = textOf(value) ?? ''
    const found = library.tools.get(name)
    const given = child(tree, 'with')
    const input: Typed = given === undefined ? { expr: { lit: {} }, schema: object({}) } : values.value(given, scope)
    if (found === undefined) {
      const near = nearest(name, library.tools.keys())
      const none =
        library.tools.size === 0
          ? `Create tools/${name.replace(/[^\w]/g, '_')}.ts.`
          : `The tools are ${[...library.tools.keys()].join(', ')}.`
      problems.add({
        code: 'unknown_tool',
        message: `there is no tool "${name}"`,
        at: value,
        help: near === undefined ? none : `Did you mean "${near}"?`,
      })
      return undefined
    }
    usedTools.add(name)
    if (found.known !== undefined) {
      checkWith({ owner: `tool "${name}"`, schema: found.known.input, given, known: input.schema, at: value, problems })
    }
    const config = mapExpr([
      ['tool', { lit: name }],
      ['input', input.expr],
    ])
    return { action: 'tool', config, output: found.known?.output, asks: false }
  }

  #shell(tree: MapTree, value: Tree, scope: Scope): Work {
    const { values, shellCwd } = this.#context
    const command: readonly [string, Expr] =
      value.kind === 'list'
        ? ['command', listExpr(value.items.map((item) => this.#argument(item, scope)))]
        : ['script', values.template(value, scope, 'shell')]
    const parse = textOf(child(tree, 'parse'))
    const codes = child(tree, 'ok_exit_codes')
    const cwd = child(tree, 'cwd')
    const config = mapExpr([
      command,
      ...(cwd === undefined
        ? shellCwd === undefined
          ? []
          : [['cwd', { lit: shellCwd }] as const]
        : [['cwd', values.template(cwd, scope, 'none')] as const]),
      ...this.#part(tree, 'env', scope),
      ...(entryOf(tree, 'stdin') === undefined
        ? []
        : [['stdin', values.template(child(tree, 'stdin') ?? tree, scope, 'none')] as const]),
      ...(parse === undefined ? [] : [['parse', { lit: parse }] as const]),
      ...(codes === undefined ? [] : [['ok_exit_codes', { lit: jsonOf(codes) }] as const]),
    ])
    return { action: 'shell', config, output: shellSchema(parse), asks: true }
  }

  #argument(item: Tree, scope: Scope): Expr {
    const number = numberOf(item)
    return number === undefined ? this.#context.values.template(item, scope, 'none') : { lit: String(number) }
  }

  #http(value: Tree, scope: Scope): Work {
    const { values } = this.#context
    const url = child(value, 'url')
    const method = child(value, 'method')
    const status = child(value, 'ok_status')
    const max = child(value, 'max_bytes')
    this.#host(url)
    const bytes = numberOf(max) ?? parseSize(textOf(max) ?? '')
    const config = mapExpr([
      ...(url === undefined ? [] : [['url', values.value(url, scope, 'url').expr] as const]),
      ...(method === undefined ? [] : [['method', this.#method(method, scope)] as const]),
      ...this.#part(value, 'query', scope),
      ...this.#part(value, 'headers', scope),
      ...this.#part(value, 'body', scope),
      ...(status === undefined ? [] : [['ok_status', { lit: jsonOf(status) }] as const]),
      ...(bytes === undefined ? [] : [['max_bytes', { lit: bytes }] as const]),
    ])
    const verb = (textOf(method) ?? 'GET').toUpperCase()
    return { action: 'http', config, output: outputSchemas.http, asks: verb !== 'GET' && verb !== 'HEAD' }
  }

  #method(method: Tree, scope: Scope): Expr {
    const expr = this.#context.values.value(method, scope).expr
    if (!('lit' in expr) || typeof expr.lit !== 'string') return expr
    const verb = expr.lit.toUpperCase()
    if (VERBS.includes(verb)) return { lit: verb }
    const near = nearest(verb, VERBS)
    this.#context.problems.add({
      code: 'wrong_type',
      message: `method must be one of ${VERBS.join(', ')}, and it is "${expr.lit}"`,
      at: method,
      help: near === undefined ? undefined : `Did you mean "${near}"?`,
    })
    return expr
  }

  /** A host that is written out must be one of those that the project allows. */
  #host(url: Tree | undefined): void {
    const { hosts, problems } = this.#context
    const text = textOf(url)
    if (url === undefined || text === undefined) return
    const found = /^https?:\/\/(?:[^/@{}]*@)?(\[[^\]]+\]|[^/:?#{}]+)(?::\d+)?(?:[/?#]|$)/i.exec(text)
    if (found === null) {
      if (!text.startsWith('{{') && !/^https?:\/\//i.test(text)) {
        problems.add({
          code: 'invalid_url',
          message: 'an address begins with https:// or http://',
          at: url,
          help: addressHelp(text),
        })
      }
      return
    }
    const host = found[1]?.toLowerCase() ?? ''
    if (hosts === undefined || isAllowed(host, hosts)) return
    problems.add({
      code: 'forbidden_host',
      message: `the project does not allow to reach "${host}"`,
      at: url,
      help: `Add it in wonder.yaml: settings: { network: { allow: [${[...hosts, host].join(', ')}] } }.`,
    })
  }

  #part(tree: Tree, name: string, scope: Scope): readonly (readonly [string, Expr])[] {
    const part = child(tree, name)
    if (part === undefined) return []
    if (name !== 'env') return [[name, this.#context.values.value(part, scope).expr]]
    return [[name, mapExpr(entriesOf(part).map(({ key, value }) => [key, this.#envValue(value, scope)]))]]
  }

  #envValue(value: Tree, scope: Scope): Expr {
    const text = textOf(value)
    if (text !== undefined) return this.#context.values.value(value, scope).expr
    return { lit: String(jsonOf(value)) }
  }

  #render(tree: MapTree, value: Tree, scope: Scope): Work | undefined {
    const data = new RenderData(this.#context, scope)
    const config = data.compile(value, child(tree, 'with'))
    return config === undefined ? undefined : { action: 'render', config, output: outputSchemas.render, asks: false }
  }
}

/** What to write instead of an address that is none; only a host without its scheme can be guessed. */
function addressHelp(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0]
  if (scheme !== undefined) return `Only https and http can be called, and this is ${scheme.slice(0, -3)}.`
  return /^[\w{[]/.test(text)
    ? `Write "https://${text}".`
    : 'Write the whole address, such as https://example.com/path.'
}

/** Is the host one of the list? `*.example.com` stands for everything below it, `*` for all. */
export function isAllowed(host: string, allowed: readonly string[]): boolean {
  return allowed.some((entry) => {
    const name = entry.toLowerCase().replace(/:\d+$/, '')
    return name === '*' || name === host || (name.startsWith('*.') && host.endsWith(name.slice(1)))
  })
}

/** A task of one step, whose input is what the action is given. */
export function singleStep(action: ActionKind): TaskDef['steps'] {
  return [{ ref: action, action, on_failure: 'abort' }]
}
