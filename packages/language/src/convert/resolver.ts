import { child, entryOf, type Tree, textOf } from '../tree.ts'
import { idOf } from './names.ts'
import type { Chain, Place, Plan, Planned, Step } from './plan.ts'
import type { Remarks } from './remarks.ts'
import type { Resolved, SourceScope } from './scope-of-source.ts'

/** What the texts of one workflow turned out to need. */
export type Needs = {
  /** Inputs that are read and not declared; true: it may be missing. */
  readonly inputs: Map<string, { readonly at: Tree; readonly optional: boolean }>
  /** By group: the tasks inside it that are read from outside. */
  readonly exports: Map<string, Set<string>>
  readonly secrets: Set<string>
}

export type ResolverOptions = {
  readonly plan: Plan
  readonly needs: Needs
  readonly remarks: Remarks
  /** Fields of the workflow's input; undefined: anything. */
  readonly inputs: ReadonlySet<string> | undefined
  /** Plain values; a text is the secret that one stands for. */
  readonly env: ReadonlyMap<string, string | true>
}

/** Finds what a reference of the other system is called in the new workflow. */
export class Resolver {
  readonly #options: ResolverOptions
  readonly #groups = new Map<string, Planned>()

  constructor(options: ResolverOptions) {
    this.#options = options
    for (const places of options.plan.places.values())
      for (const { planned } of places) {
        this.#groups.set(planned.id, planned)
        if (planned.call !== undefined) this.#groups.set(planned.call, planned)
      }
  }

  /** Ids of tasks as the source names them. */
  get taskIds(): readonly string[] {
    return [...this.#options.plan.places.keys()]
  }

  resolve(path: readonly string[], scope: SourceScope, at: Tree, optional = false): Resolved {
    const [root = '', ...rest] = path
    const item = this.#item(root, scope.chain)
    if (item !== undefined) return found([item, ...rest])
    switch (root) {
      case 'workflow':
        if (rest[0] === 'input') return this.#input(rest.slice(1), at, optional)
        return rest[0] === 'id' ? found(['workflow', 'id']) : nothing(`".${path.join('.')}" has no counterpart`)
      case 'trigger':
        if (scope.payload !== true && rest[0] === 'input') return this.#input(rest.slice(1), at, optional)
        return found(['payload', ...rest.slice(rest[0] === 'payload' || rest[0] === 'input' ? 1 : 0)])
      case 'with':
      case 'input':
        return scope.given !== undefined || root === 'with' ? given(rest, scope, path) : this.#input(rest, at, optional)
      case 'tasks':
        return this.#task(rest, scope)
      case 'env':
        return this.#env(rest[0] ?? '', scope)
      case 'output':
        return scope.output === undefined ? nothing('no output is in scope there') : found([scope.output, ...rest])
      case 'error':
        if (scope.chain.some(({ kind }) => kind === 'on_error')) return found(['error', ...rest])
        return nothing('an error is in scope only in the tasks of `on_error`')
      case 'payload':
      case 'headers':
      case 'query':
        return scope.payload === true ? found([root, ...rest]) : nothing(`"${root}" is in scope only in triggers`)
      case 'processor':
        return scope.signal === true
          ? found(['processor', ...rest.slice(rest[0] === 'output' ? 1 : 0)])
          : nothing('a processor is in scope only in the condition of its wait')
      case 'signal':
        if (scope.signal === true) return found(['signal', ...rest.slice(rest[0] === 'payload' ? 1 : 0)])
        return scope.payload === true && rest[0] === 'payload'
          ? found(['payload', ...rest.slice(1)])
          : nothing(`".${path.join('.')}" has no counterpart`)
      default:
        return nothing(`".${path.join('.')}" has no counterpart`)
    }
  }

  #item(root: string, chain: Chain): string | undefined {
    const [inner] = chain.flatMap(({ item }) => item ?? []).reverse()
    if (inner?.index.includes(root)) return 'index'
    return chain
      .flatMap(({ item }) => item ?? [])
      .reverse()
      .find(({ names }) => names.includes(root))?.as
  }

  #input(rest: readonly string[], at: Tree, optional: boolean): Resolved {
    const [name] = rest
    const { inputs, needs } = this.#options
    if (name !== undefined && inputs !== undefined && !inputs.has(name)) {
      const known = needs.inputs.get(name)
      needs.inputs.set(name, { at: known?.at ?? at, optional: optional && known?.optional !== false })
    }
    return found(['input', ...rest])
  }

  #env(name: string, scope: SourceScope): Resolved {
    const { env, needs } = this.#options
    const known = env.get(name)
    if (known === true) return found(['env', name])
    const secret = known ?? name
    if (scope.secrets !== true)
      return nothing(
        `only the environment gives "${secret}", and secrets cannot stand there: write its value under env, if it is none`,
      )
    needs.secrets.add(secret)
    return found(['secrets', secret])
  }

  #task(rest: readonly string[], scope: SourceScope): Resolved {
    const [id = '', field = 'output', ...inner] = rest
    const place = this.#nearest(id, scope.chain)
    if (place === undefined) return nothing(`there is no task "${id}", or it never runs`)
    const { planned, chain } = place
    const own = field === 'output' ? this.#inside(planned, inner) : inner
    if (own === undefined)
      return nothing(`"${inner.join('.')}" of a wait has no counterpart: it gives the payload of its signal`)
    const shared = common(chain, scope.chain)
    const outer = chain[shared]
    if (outer === undefined) {
      const segments = ['tasks', planned.id, field, ...(field === 'output' ? own : inner)]
      const sure = !place.uncertain || rest.length <= 2 || (scope.outputs === true && field === 'output')
      return sure ? found(segments) : maybe(segments)
    }
    if (field !== 'output') {
      if (outer.kind === 'parallel' && chain.length === shared + 1)
        return found(['tasks', outer.group, 'children', planned.id, field, ...inner])
      return nothing(`"${field}" of "${id}" cannot be seen from outside the group "${outer.group}"`)
    }
    const access = this.#access(id, planned, chain.slice(shared))
    if (access === undefined) return nothing(`"${id}" stands inside "${outer.group}" and cannot be seen from there`)
    const segments = ['tasks', outer.group, 'output', ...access, ...own]
    return outer.kind === 'route' ? maybe(segments) : found(segments)
  }

  /** From the output of the first group of a chain to a task inside it. */
  #access(id: string, planned: Planned, [step, ...more]: Chain): readonly string[] | undefined {
    if (step === undefined) return []
    switch (step.kind) {
      case 'sequence':
      case 'route': {
        const { exports } = this.#options.needs
        exports.set(step.group, new Set([...(exports.get(step.group) ?? []), id]))
        return step.kind === 'route' ? ['output', idOf(id)] : [idOf(id)]
      }
      case 'parallel': {
        const child = this.#childOf(step)
        const inner = this.#access(id, planned, more)
        return child === undefined || inner === undefined ? undefined : [child, ...inner]
      }
      default:
        return undefined
    }
  }

  #childOf({ group, body }: Step): string | undefined {
    return this.#groups.get(group)?.bodies[body]?.items[0]?.id
  }

  /** What follows `.output`, where the other system shapes the output of a kind in another way. */
  #inside({ task, bodies, id }: Planned, [first, second, ...rest]: readonly string[]): readonly string[] | undefined {
    const all = [first, second, ...rest].flatMap((part) => part ?? [])
    if (first === undefined || child(task.tree, 'outputs') !== undefined) return all
    if (task.type === 'wait') return first === 'signal' && second === 'payload' ? rest : undefined
    if (task.type === 'router')
      return first === 'route_taken' || first === 'condition' ? ['taken', ...all.slice(1)] : all
    if (task.type !== 'parallel' && task.type !== 'composite') return all
    const body = bodies.flatMap(({ items }) => items).find((item) => item.task.id === first)
    if (body === undefined) return all
    const { exports } = this.#options.needs
    if (task.type === 'composite') exports.set(id, new Set([...(exports.get(id) ?? []), first]))
    const inner = this.#inside(body, all.slice(second === 'output' ? 2 : 1))
    return inner === undefined ? undefined : [task.type === 'composite' ? idOf(first) : body.id, ...inner]
  }

  /** Of the copies of a task the one that stands nearest. */
  #nearest(id: string, from: Chain): Place | undefined {
    const places = this.#options.plan.places.get(id) ?? this.#options.plan.places.get(id.replaceAll('_', '-')) ?? []
    return [...places].sort((a, b) => common(b.chain, from) - common(a.chain, from))[0]
  }
}

function found(segments: readonly string[]): Resolved {
  return { as: 'path', path: pathText(segments) }
}

/** What need not be there gives null. */
function maybe(segments: readonly string[]): Resolved {
  const [root = '', ...rest] = segments
  const steps = rest.map((part) => (/^\d+$/.test(part) ? `[?${part}]` : `.?${part}`))
  return { as: 'cel', cel: `${root}${steps.join('')}.orValue(null)`, path: pathText(segments) }
}

function nothing(why: string): Resolved {
  return { as: 'nothing', why }
}

function given(rest: readonly string[], { given: tree }: SourceScope, path: readonly string[]): Resolved {
  const entry = entryOf(tree, rest[0] ?? '')
  if (entry === undefined) return nothing(`"${path.join('.')}" is not given there`)
  if (rest.length === 1) return { as: 'value', tree: entry.value }
  const inner = rest.slice(1).reduce<Tree | undefined>((at, key) => child(at, key), entry.value)
  if (inner !== undefined) return { as: 'value', tree: inner }
  // A value that is one reference goes on with the rest of the path.
  const whole = /^\{\{-?\s*(\.[\w.]+)\s*-?\}\}$/.exec(textOf(entry.value) ?? '')
  if (whole === null) return nothing(`"${path.join('.')}" is not given there`)
  return {
    as: 'value',
    tree: { ...entry.value, kind: 'scalar', style: 'plain', value: `{{ ${whole[1]}.${rest.slice(1).join('.')} }}` },
  }
}

function pathText(segments: readonly string[]): string {
  return segments.map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')
}

function common(a: Chain, b: Chain): number {
  const apart = a.findIndex((step, index) => step.group !== b[index]?.group || step.body !== b[index]?.body)
  return apart === -1 ? a.length : apart
}
