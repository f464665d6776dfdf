import type { ASTNode } from '@marcbachmann/cel-js'
import { type ErrorCode, nearest } from '@wonder/errors'
import type { ScopeTypes } from './check-types.ts'
import { functionSignatures, methodSignatures, namespaceSignatures, type Signature } from './signatures.ts'
import {
  describeKinds,
  either,
  isNever,
  type Kind,
  ofKind,
  type SchemaLike,
  typeOfSchema,
  unknownType,
  type ValueType,
} from './value-type.ts'

export type Report = (found: {
  readonly code: ErrorCode
  readonly node: { readonly start: number; readonly end: number }
  readonly message: string
  readonly help?: string | undefined
  readonly outcome?: 'never'
}) => void

const arithmeticKinds: Readonly<Record<string, readonly Kind[]>> = {
  '+': ['number', 'string', 'list', 'bytes', 'timestamp', 'duration'],
  '-': ['number', 'timestamp', 'duration'],
  '*': ['number'],
  '/': ['number'],
  '%': ['number'],
}

const orderedKinds: readonly Kind[] = ['number', 'string', 'bool', 'bytes', 'timestamp', 'duration']

const predicates = ['all', 'exists', 'exists_one', 'existsOne', 'filter']

/** Walks an expression with what is known of its values' types, and reports what cannot go well. */
export class TypeChecker {
  readonly #scope: ScopeTypes
  readonly #report: Report
  readonly #source: string
  readonly #variables: { readonly name: string; readonly type: ValueType }[] = []

  constructor(scope: ScopeTypes, report: Report, source: string) {
    this.#scope = scope
    this.#report = report
    this.#source = source
  }

  check(node: ASTNode): ValueType {
    switch (node.op) {
      case 'value':
        return literalType(node.args)
      case 'id':
        return this.#name(node.args, node)
      case '.':
        return this.#member(this.check(node.args[0]), node.args[1], { start: node.pos, end: node.end }, node.args[0])
      case '[]':
        return this.#element(node.args[0], node.args[1], node)
      case '.?':
      case '[?]':
        this.check(node.args[0])
        return ofKind('optional')
      case 'list':
        return {
          kinds: ['list'],
          of: node.args.map((item) => this.check(item)).reduce(either, first(node.args.length)),
        }
      case 'map':
        for (const [key, value] of node.args) {
          this.#expect(key, this.check(key), ['string'], 'a key of a map must be')
          this.check(value)
        }
        return ofKind('map')
      case '!_':
        this.#expect(node.args, this.check(node.args), ['bool'], '`!` needs')
        return ofKind('bool')
      case '-_':
        this.#expect(node.args, this.check(node.args), ['number'], '`-` needs')
        return ofKind('number')
      case '?:': {
        const [condition, yes, no] = node.args
        this.#expect(condition, this.check(condition), ['bool'], '`? :` needs')
        return either(this.check(yes), this.check(no))
      }
      case '&&':
      case '||':
        for (const side of node.args) this.#expect(side, this.check(side), ['bool'], `\`${node.op}\` needs`)
        return ofKind('bool')
      case 'call':
        return this.#call(node.args[0], node.args[1])
      case 'rcall':
        return this.#method(node.args[0], node.args[1], node.args[2])
      default:
        return this.#binary(node.op, node.args, node)
    }
  }

  #binary(operator: string, [left, right]: readonly [ASTNode, ASTNode], node: ASTNode): ValueType {
    const a = this.check(left)
    const b = this.check(right)
    const shown = `${describeKinds(a.kinds)} and ${describeKinds(b.kinds)}`
    if (operator === 'in') {
      this.#expect(right, b, ['list', 'map'], '`in` needs on its right')
      return ofKind('bool')
    }
    if (operator === '==' || operator === '!=') {
      // A value that may be missing is compared with null to be sure: that is no mistake.
      const asksForNull = a.kinds?.includes('null') === true || b.kinds?.includes('null') === true
      if (!asksForNull && a.kinds !== undefined && isNever(b, a.kinds)) {
        const message = `\`${operator}\` compares ${shown}, which are never equal`
        this.#report({ code: 'expression_type', node, message, outcome: 'never' })
      }
      return ofKind('bool')
    }
    const arithmetic = arithmeticKinds[operator]
    if (arithmetic === undefined) {
      const common = orderedKinds.filter((kind) => !isNever(a, [kind]) && !isNever(b, [kind]))
      if (common.length === 0) this.#wrong(node, `\`${operator}\` needs two values of one kind, not ${shown}`)
      return ofKind('bool')
    }
    const results = resultsOf(operator, arithmetic, a, b)
    if (results.length > 0) return a.kinds === undefined && b.kinds === undefined ? unknownType : { kinds: results }
    const text = operator === '+' && !(isNever(a, ['string']) && isNever(b, ['string']))
    const help = text ? 'Write string(x) to make a text of a value.' : undefined
    this.#wrong(node, `\`${operator}\` does not work on ${shown}`, help)
    return unknownType
  }

  #name(name: string, node: ASTNode): ValueType {
    const variable = this.#variables.findLast((known) => known.name === name)
    if (variable) return variable.type
    const found = this.#scope.at(this.#scope.schema, [name])
    if (found !== 'absent') return found === undefined ? unknownType : typeOfSchema(found)
    const message = `Nothing is named "${name}" here`
    this.#report({ code: 'missing_reference', node, message, help: nameHelp(name, this.#scope.schema) })
    return unknownType
  }

  #member(of: ValueType, name: string, site: { start: number; end: number }, target: ASTNode): ValueType {
    if (isNever(of, ['map', 'optional'])) {
      this.#wrong(site, `\`${this.#text(target)}\` is ${describeKinds(of.kinds)}, which has no "${name}"`)
      return unknownType
    }
    if (of.kinds?.includes('optional')) return ofKind('optional')
    return this.#below(of, name, site, target)
  }

  #below(of: ValueType, key: string | number, site: { start: number; end: number }, target: ASTNode): ValueType {
    if (of.schema === undefined) return unknownType
    const found = this.#scope.at(of.schema, [key])
    if (found !== 'absent') return found === undefined ? unknownType : typeOfSchema(found)
    const message = `\`${this.#text(target)}\` has no ${JSON.stringify(key)}`
    this.#report({ code: 'missing_reference', node: site, message, help: nameHelp(String(key), of.schema) })
    return unknownType
  }

  #element(target: ASTNode, key: ASTNode, node: ASTNode): ValueType {
    const of = this.check(target)
    const by = this.check(key)
    const literal = key.op === 'value' ? key.args : undefined
    if (isNever(of, ['list', 'map', 'optional'])) {
      this.#wrong(node, `\`${this.#text(target)}\` is ${describeKinds(of.kinds)}, which has no elements`)
      return unknownType
    }
    if (of.kinds?.length === 1 && of.kinds[0] === 'list') {
      this.#expect(key, by, ['number'], 'a list is read by')
      return of.schema === undefined ? (of.of ?? unknownType) : this.#item(of)
    }
    if (of.kinds?.length === 1 && of.kinds[0] === 'map') this.#expect(key, by, ['string'], 'a map is read by')
    return typeof literal === 'string' ? this.#below(of, literal, node, target) : unknownType
  }

  /** What every item of a list is. Items that differ by their place are not told apart. */
  #item(of: ValueType): ValueType {
    const { schema } = of
    if (of.of !== undefined) return of.of
    if (of.kinds?.length === 1 && of.kinds[0] === 'map') return ofKind('string')
    if (schema === undefined || typeof schema === 'boolean' || 'prefixItems' in schema || isNever(of, ['list']))
      return unknownType
    if (of.kinds?.length !== 1) return unknownType
    const found = this.#scope.at(schema, [0])
    return found === undefined || found === 'absent' ? unknownType : typeOfSchema(found)
  }

  #call(name: string, args: readonly ASTNode[]): ValueType {
    if (name === 'has') {
      const [member] = args
      if (member?.op === '.' || member?.op === '[]') this.check(member.args[0])
      return ofKind('bool')
    }
    return this.#signature(functionSignatures[name], name, args)
  }

  #method(name: string, receiver: ASTNode, args: readonly ASTNode[]): ValueType {
    if (receiver.op === 'id') {
      if (receiver.args === 'cel' && name === 'bind') return this.#bind(args)
      if (receiver.args === 'math') {
        for (const arg of args) this.#expect(arg, this.check(arg), ['number', 'list'], `${name}() needs`)
        return ofKind(name.startsWith('is') ? 'bool' : 'number')
      }
      const namespace = namespaceSignatures[receiver.args]
      if (namespace) return this.#signature(namespace[name], name, args)
    }
    if (
      predicates.includes(name) ||
      ['map', 'transformList', 'transformMap', 'sortBy', 'optMap', 'optFlatMap'].includes(name)
    ) {
      return this.#macro(name, receiver, args)
    }
    return this.#signature(methodSignatures[name], name, [receiver, ...args])
  }

  #signature(signature: Signature | undefined, name: string, args: readonly ASTNode[]): ValueType {
    for (const [index, arg] of args.entries()) {
      const type = this.check(arg)
      const takes = signature?.takes[index]
      if (takes !== undefined) this.#expect(arg, type, takes, `${name}() needs`)
    }
    return { kinds: signature?.gives }
  }

  #bind(args: readonly ASTNode[]): ValueType {
    const [variable, value, body] = args
    if (variable?.op !== 'id' || value === undefined || body === undefined) return unknownType
    const type = this.check(value)
    return this.#within([{ name: variable.args, type }], () => this.check(body))
  }

  #macro(name: string, receiver: ASTNode, args: readonly ASTNode[]): ValueType {
    const of = this.check(receiver)
    const optional = name === 'optMap' || name === 'optFlatMap'
    this.#expect(receiver, of, optional ? ['optional'] : ['list', 'map'], `${name}() needs`)
    const names = args.slice(0, -1).flatMap((arg) => (arg.op === 'id' ? [arg.args] : []))
    const pair = name === 'transformList' || name === 'transformMap' || (predicates.includes(name) && args.length === 3)
    const item = optional ? unknownType : this.#item(of)
    const [one = '', two] = names
    const variables = pair
      ? [
          { name: one, type: unknownType },
          { name: two ?? '', type: of.kinds?.includes('map') ? unknownType : item },
        ]
      : [{ name: one, type: item }]
    return this.#within(variables, () => {
      const body = args.slice(variables.length)
      const types = body.map((part) => this.check(part))
      const result = types.at(-1) ?? unknownType
      const condition = predicates.includes(name) || body.length > 1 ? body[0] : undefined
      if (condition !== undefined) this.#expect(condition, types[0] ?? unknownType, ['bool'], `${name}() needs`)
      if (optional) return ofKind('optional')
      if (name === 'filter' || name === 'sortBy') return { kinds: ['list'], of: item }
      if (name === 'map' || name === 'transformList') return { kinds: ['list'], of: result }
      return ofKind(name === 'transformMap' ? 'map' : 'bool')
    })
  }

  #within(variables: readonly { name: string; type: ValueType }[], check: () => ValueType): ValueType {
    this.#variables.push(...variables)
    const type = check()
    this.#variables.length -= variables.length
    return type
  }

  #expect(node: ASTNode, type: ValueType, kinds: readonly Kind[], what: string): void {
    if (!isNever(type, kinds)) return
    this.#wrong(node, `${what} ${describeKinds(kinds)}, and \`${this.#text(node)}\` is ${describeKinds(type.kinds)}`)
  }

  #wrong(node: { readonly start: number; readonly end: number }, message: string, help?: string): void {
    this.#report({ code: 'expression_type', node, message, help })
  }

  #text(node: { start: number; end: number }): string {
    const text = this.#source.slice(node.start, node.end)
    return text.length <= 60 ? text : `${text.slice(0, 59)}…`
  }
}

function first(items: number): ValueType {
  return items === 0 ? unknownType : { kinds: [] }
}

function literalType(value: unknown): ValueType {
  if (value === null) return ofKind('null')
  if (value instanceof Uint8Array) return ofKind('bytes')
  if (typeof value === 'bigint' || typeof value === 'number') return ofKind('number')
  return typeof value === 'string' ? ofKind('string') : typeof value === 'boolean' ? ofKind('bool') : unknownType
}

/** The kinds that an operation may give, by every pair of kinds that it works on. */
function resultsOf(operator: string, kinds: readonly Kind[], a: ValueType, b: ValueType): readonly Kind[] {
  const results = new Set<Kind>()
  for (const left of kinds) {
    for (const right of kinds) {
      if (isNever(a, [left]) || isNever(b, [right])) continue
      const result = resultOf(operator, left, right)
      if (result !== undefined) results.add(result)
    }
  }
  return [...results]
}

function resultOf(operator: string, left: Kind, right: Kind): Kind | undefined {
  if (left === 'timestamp' || right === 'timestamp') {
    if (left === right) return operator === '-' ? 'duration' : undefined
    if (left === 'timestamp' && right === 'duration') return 'timestamp'
    return left === 'duration' && operator === '+' ? 'timestamp' : undefined
  }
  return left === right ? left : undefined
}

function nameHelp(name: string, schema: SchemaLike): string | undefined {
  const properties = typeof schema === 'boolean' ? undefined : schema.properties
  if (typeof properties !== 'object' || properties === null) return undefined
  const near = nearest(name, Object.keys(properties))
  return near === undefined ? undefined : `Did you mean "${near}"?`
}
