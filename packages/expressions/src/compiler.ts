import type { ASTNode } from '@marcbachmann/cel-js'
import { nearest, positionAt, SourceError } from '@wonder/errors'
import type { Access } from './access.ts'
import { type Arithmetic, compileArithmetic, compileNegation } from './arithmetic.ts'
import { compileEquality, compileIn, compileOrdering, type Ordering } from './compare.ts'
import { compileComprehension, MACROS, type Macro } from './comprehension.ts'
import { failed, type Site } from './failure.ts'
import { type CelFunction, type FunctionTable, functions, methods, namespaces } from './functions/index.ts'
import { guardsOf, pathOf } from './guards.ts'
import { describe } from './kind.ts'
import type { Limits } from './limits.ts'
import { compileList, compileMap, literalOf } from './literal.ts'
import { compileChoice, compileLogic, compileNot } from './logic.ts'
import { Optional } from './optional.ts'
import { syntaxError } from './parse-expression.ts'
import { type Path, References } from './references.ts'
import type { Compute } from './run.ts'
import { hasElement, readIndex, readMember, readOptional, readRoot, readRootBy } from './select.ts'

/** The variables of a macro: one, or an index (key) and an item (value). */
function namesOf(macro: Macro, args: readonly ASTNode[]): string[] {
  const [first, second] = args
  if (first?.op !== 'id') return []
  const pair =
    macro === 'transformList' ||
    macro === 'transformMap' ||
    (macro !== 'map' && macro !== 'filter' && args.length === 3)
  if (!pair) return [first.args]
  return second?.op === 'id' && macro !== 'sortBy' ? [first.args, second.args] : []
}

function macroUsage(macro: Macro): string {
  if (macro === 'transformList' || macro === 'transformMap') return `xs.${macro}(i, x, x + i)`
  return `xs.${macro}(x, ${macro === 'map' ? 'x + 1' : macro === 'sortBy' ? 'x.age' : 'x > 1'})`
}

/** Turns a parsed expression into closures. Counts its nodes, which is what one pass over it costs. */
export class Compiler {
  readonly references: References
  readonly #source: string
  readonly #limits: Limits
  /** Variables of the macros around the current node, innermost last; the index is the slot. */
  readonly #variables: string[] = []
  /** How paths are read where no scope is built. */
  readonly #access: Access | undefined
  #nodes = 0
  #depth = 0

  constructor(source: string, limits: Limits, access?: Access) {
    this.#access = access
    this.references = new References(source)
    this.#source = source
    this.#limits = limits
  }

  /** Nodes compiled so far. */
  get nodes(): number {
    return this.#nodes
  }

  compile(node: ASTNode): Compute {
    this.#nodes += 1
    this.#depth += 1
    if (this.#depth > this.#limits.depth) {
      const why = `it is nested deeper than ${this.#limits.depth} levels`
      throw new SourceError(
        'limit_exceeded',
        `Cannot read the expression: ${why}`,
        positionAt(this.#source, node.start),
      )
    }
    const path = pathOf(node)
    if (path && !this.#variables.includes(String(path[0]))) {
      this.references.add(path, { start: node.start, end: node.end }, false)
    }
    const compute = path ? this.#path(path, node) : this.#node(node)
    this.#depth -= 1
    return compute
  }

  /** A chain of names: where an access is given, one closure reads all of it, and what is missing is looked for link by link. */
  #path(path: Path, node: ASTNode): Compute {
    const chain = this.#chain(node, true)
    const read = this.#read(path)
    if (read === undefined) return chain
    return (run) => {
      const value = read(run.context)
      return value === undefined ? chain(run) : value
    }
  }

  /** The access's reader of a path that is none of a macro's variable. */
  #read(path: Path | undefined): ((context: unknown) => unknown) | undefined {
    if (path === undefined || this.#access === undefined || this.#variables.includes(String(path[0]))) return undefined
    return this.#access.path(path)
  }

  #node(node: ASTNode): Compute {
    const site = { start: node.start, end: node.end }
    switch (node.op) {
      case 'value': {
        const value = literalOf(node.args)
        if (value === undefined) throw this.#error(node, 'values are JSON: there are no unsigned or unsafe integers')
        return () => value
      }
      case 'id':
      case '.':
      case '[]':
        return this.#chain(node, false)
      case '.?':
      case '[?]':
        return this.#optional(node, node.args[0])
      case 'list':
        return compileList(
          node.args.map((item) => this.compile(item)),
          site,
        )
      case 'map':
        return compileMap(
          node.args.map(([key, value]) => [this.compile(key), this.compile(value)] as const),
          site,
        )
      case '!_':
        return compileNot(this.compile(node.args), site)
      case '-_':
        return compileNegation(this.compile(node.args), site)
      case '?:':
        return this.#choice(node.args, site)
      case '&&':
      case '||':
        return this.#logic(node.op === '||', node.args, site)
      case 'call':
        return this.#call(node.args[0], node.args[1], node)
      case 'rcall':
        return this.#method(node.args[0], node.args[1], node.args[2], node)
      default:
        return this.#binary(node.op, this.compile(node.args[0]), this.compile(node.args[1]), site)
    }
  }

  #binary(operator: Arithmetic | Ordering | '==' | '!=' | 'in', left: Compute, right: Compute, site: Site): Compute {
    switch (operator) {
      case '==':
      case '!=':
        return compileEquality(operator === '==', left, right, site)
      case 'in':
        return compileIn(left, right, site)
      case '<':
      case '<=':
      case '>':
      case '>=':
        return compileOrdering(operator, left, right, site)
      default:
        return compileArithmetic(operator, left, right, site)
    }
  }

  /** A name, member or element. Where compile() has recorded the path that it is part of, it records nothing itself. */
  #chain(node: ASTNode, recorded: boolean): Compute {
    // The place of a member's error is its name, not the whole chain.
    const site = { start: node.op === '.' ? node.pos : node.start, end: node.end }
    switch (node.op) {
      case 'id': {
        const slot = this.#variables.lastIndexOf(node.args)
        if (slot !== -1) return (run) => run.slots[slot]
        return this.#access === undefined ? readRoot(node.args, site) : readRootBy(this.#access, node.args, site)
      }
      case '.':
        return readMember(this.#target(node.args[0], recorded), node.args[1], this.#text(node.args[0]), site)
      case '[]':
        return readIndex(
          this.#target(node.args[0], recorded),
          this.compile(node.args[1]),
          this.#text(node.args[0]),
          site,
        )
      default:
        return this.#node(node)
    }
  }

  #target(node: ASTNode, recorded: boolean): Compute {
    if (!recorded) return this.compile(node)
    this.#nodes += 1
    return this.#chain(node, true)
  }

  #optional(node: ASTNode, target: ASTNode): Compute {
    const path = pathOf(node, true)
    if (path && !this.#variables.includes(String(path[0]))) this.references.add(path, node, true)
    const key = node.op === '[?]' ? this.compile(node.args[1]) : () => String(node.op === '.?' ? node.args[1] : '')
    const compute = readOptional(this.compile(target), key, { start: node.start, end: node.end })
    const read = this.#read(path)
    if (read === undefined) return compute
    return (run) => {
      const value = read(run.context)
      return value === undefined ? compute(run) : new Optional(value)
    }
  }

  #choice([condition, yes, no]: readonly [ASTNode, ASTNode, ASTNode], site: Site): Compute {
    return compileChoice(
      this.compile(condition),
      this.references.within(guardsOf(condition, true), () => this.compile(yes)),
      this.references.within(guardsOf(condition, false), () => this.compile(no)),
      site,
    )
  }

  #logic(decider: boolean, [left, right]: readonly [ASTNode, ASTNode], site: Site): Compute {
    const first = this.compile(left)
    const second = this.references.within(guardsOf(left, !decider), () => this.compile(right))
    return compileLogic(decider, first, second, site)
  }

  #call(name: string, args: readonly ASTNode[], node: ASTNode): Compute {
    if (name === 'has') return this.#has(args, node)
    const found = this.#lookUp(functions, name, args.length, node)
    return this.#invoke(found, name, args, node)
  }

  #method(name: string, receiver: ASTNode, args: readonly ASTNode[], node: ASTNode): Compute {
    const namespace =
      receiver.op === 'id' && Object.hasOwn(namespaces, receiver.args) ? namespaces[receiver.args] : undefined
    if (receiver.op === 'id' && receiver.args === 'cel' && name === 'bind') return this.#bind(args, node)
    if (namespace) return this.#invoke(this.#lookUp(namespace, name, args.length, node), name, args, node)
    if (name === 'optMap' || name === 'optFlatMap') return this.#optionalMap(name, receiver, args, node)
    const macro = name === 'existsOne' ? 'exists_one' : MACROS.find((known) => known === name)
    if (macro) return this.#macro(macro, receiver, args, node)
    return this.#invoke(this.#lookUp(methods, name, args.length, node), name, [receiver, ...args], node)
  }

  #invoke(found: CelFunction, name: string, args: readonly ASTNode[], node: ASTNode): Compute {
    const computes = args.map((arg) => this.compile(arg))
    const site = { start: node.start, end: node.end }
    return (run) => found.call({ args: computes.map((compute) => compute(run)), run, site, name })
  }

  #lookUp(table: FunctionTable, name: string, count: number, node: ASTNode): CelFunction {
    const found = Object.hasOwn(table, name) ? table[name] : undefined
    if (!found) {
      const known = [
        ...Object.keys(table),
        ...(table === methods ? MACROS : []),
        ...(table === functions ? ['has'] : []),
      ]
      const near = nearest(name, known)
      const hint = table === functions && Object.hasOwn(methods, name) ? `; write x.${name}()` : ''
      throw this.#error(node, `there is no function "${name}"${near ? `. Did you mean "${near}"?` : hint}`)
    }
    const [least, greatest] = found.arity
    if (count >= least && count <= greatest) return found
    const wanted = least === greatest ? `${least}` : `${least} to ${greatest}`
    throw this.#error(node, `${name}() takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${count}`)
  }

  #has(args: readonly ASTNode[], node: ASTNode): Compute {
    const [member] = args
    if (args.length !== 1 || !member || (member.op !== '.' && member.op !== '[]')) {
      throw this.#error(node, 'has() takes one member, such as has(input.x)')
    }
    const path = pathOf(member)
    if (path && !this.#variables.includes(String(path[0]))) this.references.add(path, member, true)
    const key = member.op === '[]' ? this.compile(member.args[1]) : () => member.args[1]
    const compute = hasElement(this.compile(member.args[0]), key, { start: member.start, end: member.end })
    const read = this.#read(path)
    return read === undefined ? compute : (run) => read(run.context) !== undefined || compute(run)
  }

  #macro(macro: Macro, receiver: ASTNode, args: readonly ASTNode[], node: ASTNode): Compute {
    const transforms = macro === 'map' || macro === 'transformList' || macro === 'transformMap' || macro === 'sortBy'
    const names = namesOf(macro, args)
    const body = args.slice(names.length)
    const most = transforms && macro !== 'sortBy' ? 2 : 1
    if (names.length === 0 || body.length === 0 || body.length > most) {
      throw this.#error(node, `${macro}() takes a name and what to do with it: ${macroUsage(macro)}`)
    }
    const list = this.compile(receiver)
    const slot = this.#variables.length
    this.#variables.push(...names)
    const before = this.#nodes
    const computes = body.map((part) => this.compile(part))
    this.#variables.length = slot
    const transform = transforms ? computes.at(-1) : undefined
    const predicate = transforms && computes.length === 1 ? undefined : computes[0]
    const site = { start: node.start, end: node.end }
    const second = names.length === 2 ? slot + 1 : undefined
    const cost = 1 + this.#nodes - before
    return compileComprehension({ macro, list, slot, second, predicate, transform, cost, site })
  }

  /** `cel.bind(x, value, body)`: x has the value in the body. */
  #bind(args: readonly ASTNode[], node: ASTNode): Compute {
    const [variable, given, body] = args
    if (variable?.op !== 'id' || given === undefined || body === undefined || args.length > 3) {
      throw this.#error(node, 'cel.bind() takes a name, its value and what to do with it: cel.bind(x, a + b, x * x)')
    }
    const value = this.compile(given)
    const slot = this.#variables.push(variable.args) - 1
    const compute = this.compile(body)
    this.#variables.length = slot
    return (run) => {
      run.slots[slot] = value(run)
      return compute(run)
    }
  }

  /** `a.?b.optMap(x, x + 1)`: the body computes on what the optional holds; optFlatMap's gives an optional itself. */
  #optionalMap(name: string, receiver: ASTNode, args: readonly ASTNode[], node: ASTNode): Compute {
    const [variable, body] = args
    if (variable?.op !== 'id' || body === undefined || args.length > 2) {
      throw this.#error(node, `${name}() takes a name and what to do with it: input.?x.${name}(x, …)`)
    }
    const optional = this.compile(receiver)
    const slot = this.#variables.push(variable.args) - 1
    const compute = this.compile(body)
    this.#variables.length = slot
    const site = { start: node.start, end: node.end }
    return (run) => {
      const held = optional(run)
      if (!(held instanceof Optional)) throw failed(site, () => `${name}() needs an optional, not ${describe(held)}`)
      if (held.value === undefined) return held
      run.slots[slot] = held.value
      const made = compute(run)
      if (name === 'optMap') return new Optional(made)
      if (made instanceof Optional) return made
      throw failed(site, () => `optFlatMap() needs an optional from its body, not ${describe(made)}`)
    }
  }

  #text(node: ASTNode): string {
    const text = this.#source.slice(node.start, node.end)
    return text.length <= 60 ? text : `${text.slice(0, 59)}…`
  }

  #error(node: ASTNode, why: string): SourceError {
    return syntaxError(this.#source, { start: node.start, end: node.end }, why)
  }
}
