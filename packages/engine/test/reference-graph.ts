import type { JoinDef, Json, Merge, Strategy } from '../src/index.ts'
import { valueOfJoin } from './reference-join.ts'

/** A fan-out and its joins; the next level begins inside of its branches. */
export type Level = {
  readonly count: number
  /** One transition that spawns, a list of so many items, or one named branch `a` beside a transition `b` that spawns the others. */
  readonly over: 'spawn' | 'each' | 'named'
  readonly workers: number
  readonly strategy: Strategy
  /** One a join. */
  readonly require: readonly NonNullable<JoinDef['require']>[]
  /** How often its only join leads back to where it opens. */
  readonly rounds: number
  /** What a join does that fails: it goes on, or what is around it fails. */
  readonly onError: 'continue' | 'fail'
  readonly rest: NonNullable<JoinDef['rest']>
  readonly merge: Merge
  /** What a branch brings to a join: the output of what its token completed last, or that of the task or side task. */
  readonly take: 'last' | 'task' | 'side'
}

/** The items of a level that goes over a list. */
export function itemOf(index: number): Json {
  return `item ${index}`
}

/** What the node between a task and a join says. */
export const viaOutput = 'by the way'

/**
 * Where a task leads, all at once: `join:<n>` of its own level, `out` to the first join of the level around it, `via` to
 * the first join of its own level by way of a node of the kernel, `inner` to the level inside, `side` to a second task,
 * `again` to itself. In the order of the transitions. Nowhere: it ends there. Null: it fails.
 */
export type Going = readonly string[] | null

/** How often a task may lead to itself. */
export const mostAgain = 2

/**
 * What a graph of nested fan-outs comes to, told by objects that hold each other: no events, no counts that are kept, no
 * journal. Whatever happens, every join that it may concern is looked at again.
 */
export class ReferenceGraph {
  /** Tasks that are out: name and path of branches. */
  readonly out = new Map<string, Standing>()
  /** `<join>:<status>`, in order. */
  readonly joined: string[] = []
  /** The values of the joins from which something went on, in order. */
  readonly told: Json[] = []
  status: 'running' | 'completed' | 'failed' = 'running'
  readonly #levels: readonly Level[]
  readonly #root: Branch = { fan: null, index: 0, live: new Set(), arrived: new Set(), values: new Map() }
  #next: (() => void)[] = []

  constructor(levels: readonly Level[]) {
    this.#levels = levels
    this.#open(this.#root, 0, 0)
    this.#drain()
  }

  answer(key: string, going: Going, output: Json): void {
    const at = this.out.get(key)
    if (at === undefined) throw new Error(`"${key}" is not out in the reference`)
    this.out.delete(key)
    if (going === null) this.#fail(at.branch, 'action_failed')
    else {
      this.#complete(at, key.split('.')[0] as string, output)
      this.#leave(at, going)
    }
    this.#drain()
  }

  /** What a join of the outermost fan-out has come to; null: nothing yet. */
  valueOf(index: number): Json {
    return seen(this.#root, `j0_${index}`)
  }

  #complete(at: Standing, node: string, output: Json): void {
    at.branch.values.set(node, output)
    at.last = node
  }

  #drain(): void {
    for (let next = this.#next.shift(); next !== undefined; next = this.#next.shift()) {
      if (this.status === 'running') next()
    }
    if (this.status === 'running' && this.#root.live.size === 0) this.status = 'completed'
  }

  #leave(at: Standing, going: readonly string[]): void {
    const { branch, level, again } = at
    const ways = going.filter((way) => way !== 'again' || again < mostAgain)
    if (ways.length === 0) return this.#end(at)
    // All of them are there before the first one goes.
    const tokens = ways.map((way, i) => ({ way, token: i === 0 ? at : this.#stand({ ...at }) }))
    for (const { way, token } of tokens) {
      if (!isAlive(branch, token)) continue
      if (way === 'out') this.#arrive(token, level - 1, 0)
      else if (way.startsWith('join:')) this.#arrive(token, level, Number(way.slice('join:'.length)))
      else this.#next.push(() => isAlive(branch, token) && this.#enter(token, way))
    }
  }

  #enter(at: Standing, way: string): void {
    const { branch, level } = at
    if (way === 'inner') {
      branch.live.delete(at)
      return this.#open(branch, level + 1, 0)
    }
    if (way === 'via') {
      this.#complete(at, `c${level}`, viaOutput)
      return this.#arrive(at, level, 0)
    }
    if (way === 'again') at.again += 1
    this.out.set(`${way === 'side' ? 's' : 't'}${level}${pathOf(branch)}`, at)
  }

  #stand(at: Standing): Standing {
    at.branch.live.add(at)
    return at
  }

  /** The token has reached its end. */
  #end(at: Standing): void {
    at.branch.live.delete(at)
    this.#endIfEmpty(at.branch)
    if (at.branch.fan !== null) this.#judge(at.branch.fan)
  }

  #open(branch: Branch, level: number, round: number): void {
    const { require, count } = this.#levels[level] as Level
    const fan: Fan = {
      level,
      round,
      around: branch,
      begun: 0,
      live: new Map(),
      ended: [],
      failed: new Map(),
      joins: require.map(() => ({ closed: false, came: new Map() })),
      open: true,
      count,
    }
    branch.live.add(fan)
    this.#judge(fan)
  }

  #start(fan: Fan): void {
    const { workers } = this.#levels[fan.level] as Level
    if (!fan.open || fan.begun === fan.count || fan.live.size >= workers) return
    const branch: Branch = { fan, index: fan.begun, live: new Set(), arrived: new Set(), values: new Map() }
    fan.begun += 1
    fan.live.set(branch.index, branch)
    const token = this.#stand({ branch, level: fan.level, again: 0, last: null })
    this.#next.push(
      () => isAlive(branch, token) && this.#enter(token, 'task'),
      () => this.#start(fan),
    )
  }

  #arrive(at: Standing, level: number, index: number): void {
    const around = branchesAround(at.branch)
    const own = around.findIndex(({ fan }) => fan?.level === level)
    const { fan, arrived, index: number } = around[own] as Branch
    const join = fan?.joins[index]
    if (join?.closed === false) {
      arrived.add(index)
      // What the first one brings counts.
      if (!join.came.has(number)) join.came.set(number, this.#bringing(at, level))
    }
    at.branch.live.delete(at)
    this.#endIfEmpty(at.branch)
    for (const branch of around.slice(0, own + 1)) if (branch.fan !== null) this.#judge(branch.fan)
  }

  #bringing(at: Standing, level: number): Json {
    const { take } = this.#levels[level] as Level
    const node = { last: at.last, task: `t${level}`, side: `s${level}` }[take]
    return node === null ? null : seen(at.branch, node)
  }

  /** Looks at all of its joins. */
  #judge(fan: Fan): void {
    for (const [index, join] of fan.joins.entries()) {
      if (!fan.open) return
      if (join.closed) continue
      const status = this.#verdict(fan, index)
      if (status === undefined) continue
      join.closed = true
      const value = this.#valueNow(fan, index, status)
      fan.around.values.set(`j${fan.level}_${index}`, value)
      this.joined.push(`j${fan.level}_${index}:${status}`)
      if (fan.joins.every(({ closed }) => closed) && !this.#goesOn(fan, status)) this.#drop(fan)
      const token = this.#stand({ branch: fan.around, level: fan.level, again: 0, last: null })
      this.#next.push(() => isAlive(fan.around, token) && this.#goOn(fan, { token, index, status, value }))
    }
    if (!fan.open) return
    if (fan.ended.length < fan.count) {
      this.#next.push(() => this.#start(fan))
      return
    }
    this.#drop(fan)
    this.#endIfEmpty(fan.around)
    if (fan.around.fan !== null) this.#judge(fan.around.fan)
  }

  /** The value of a join, by what has become of every branch so far. */
  #valueNow({ level, count, joins, failed }: Fan, index: number, status: 'completed' | 'failed'): Json {
    const { over, merge } = this.#levels[level] as Level
    const branches = Array.from({ length: count }, (_, number) => ({
      key: over !== 'named' ? String(number) : number === 0 ? 'a' : `b.${number - 1}`,
      item: over === 'each' ? itemOf(number) : null,
      brought: joins[index]?.came.has(number) === true ? [joins[index].came.get(number) ?? null] : [],
      failed: failed.get(number) ?? null,
    }))
    return valueOfJoin({ status, error: status === 'failed' ? this.#whyFailed(level, index) : null }, merge, branches)
  }

  #whyFailed(level: number, index: number): string {
    const needs = this.#levels[level]?.require[index] ?? 'all'
    return needs === 'all' || needs === 'ended' ? 'branches_failed' : 'join_unreachable'
  }

  /** What is live of it goes on, although no join waits for it any more. */
  #goesOn(fan: Fan, status: 'completed' | 'failed'): boolean {
    const { rest } = this.#levels[fan.level] as Level
    return rest === 'continue' && status === 'completed' && fan.ended.length < fan.count
  }

  #verdict(fan: Fan, index: number): 'completed' | 'failed' | undefined {
    const { strategy, require } = this.#levels[fan.level] as Level
    const needs = require[index] ?? 'all'
    const came = fan.joins[index]?.came.size ?? 0
    const missed = fan.ended.filter(({ arrived }) => !arrived.has(index)).length
    const coming = fan.count - came - missed
    if (fan.count === 0) return 'completed'
    if (needs !== 'all' && needs !== 'ended') {
      const needed = needs === 'any' ? 1 : needs.quorum
      if (came >= needed) return 'completed'
      return came + coming < needed ? 'failed' : undefined
    }
    if (strategy === 'fail_fast' && fan.failed.size > 0) return 'failed'
    if (strategy === 'race' && came > 0) return 'completed'
    if (coming > 0 || (needs === 'ended' && fan.ended.length < fan.count)) return undefined
    const nobody = fan.joins.every((join) => join.came.size === 0 && !join.closed) && fan.ended.length === fan.count
    if (came === 0 && fan.joins.length > 1 && !(nobody && index === 0)) return undefined
    return fan.failed.size > 0 && (strategy === 'wait_all' || came === 0) ? 'failed' : 'completed'
  }

  /** Behind a join: a node tells its value, then back to where the fan-out opens, to a join around it, or to the end. */
  #goOn(
    fan: Fan,
    {
      token,
      index,
      status,
      value,
    }: {
      readonly token: Standing
      readonly index: number
      readonly status: 'completed' | 'failed'
      readonly value: Json
    },
  ) {
    const { rounds, onError } = this.#levels[fan.level] as Level
    const { around } = fan
    if (status === 'failed' && onError === 'fail') return this.#fail(around, this.#whyFailed(fan.level, index))
    this.#next.push(() => {
      if (!isAlive(around, token)) return
      this.told.push(value)
      this.#complete(token, `v${fan.level}_${index}`, value)
      if (fan.round < rounds) return this.#next.push(() => isAlive(around, token) && this.#openAgain(fan, token))
      const outer = this.#levels[fan.level - 1]
      if (outer === undefined) return this.#end(token)
      this.#arrive(token, fan.level - 1, index % outer.require.length)
    })
  }

  #openAgain({ around, level, round }: Fan, token: Standing): void {
    around.live.delete(token)
    this.#open(around, level, round + 1)
  }

  #fail({ fan, index }: Branch, code: string): void {
    if (fan === null) {
      this.status = 'failed'
      this.out.clear()
      return
    }
    const branch = fan.live.get(index) as Branch
    fan.failed.set(index, code)
    this.#endBranch(branch)
    this.#judge(fan)
  }

  #endIfEmpty(branch: Branch): void {
    if (branch.fan?.live.get(branch.index) === branch && branch.live.size === 0) this.#endBranch(branch)
  }

  #endBranch(branch: Branch): void {
    this.#forget(branch)
    branch.fan?.live.delete(branch.index)
    branch.fan?.ended.push(branch)
  }

  #drop(fan: Fan): void {
    fan.open = false
    fan.around.live.delete(fan)
    for (const branch of fan.live.values()) this.#forget(branch)
  }

  #forget(branch: Branch): void {
    for (const [key, { branch: of }] of this.out) if (branchesAround(of).includes(branch)) this.out.delete(key)
    for (const one of branch.live) if ('joins' in one) this.#drop(one)
    branch.live.clear()
  }
}

/** A token. */
type Standing = { readonly branch: Branch; readonly level: number; again: number; last: string | null }
type Branch = {
  readonly fan: Fan | null
  readonly index: number
  readonly live: Set<Standing | Fan>
  readonly arrived: Set<number>
  /** What its nodes have come to, by their names. */
  readonly values: Map<string, Json>
}
type Fan = {
  readonly level: number
  readonly round: number
  readonly around: Branch
  readonly count: number
  begun: number
  readonly live: Map<number, Branch>
  readonly ended: Branch[]
  /** The codes of its failures, by the number of the branch. */
  readonly failed: Map<number, string>
  /** `came`: what each branch has brought. */
  readonly joins: readonly { closed: boolean; readonly came: Map<number, Json> }[]
  open: boolean
}

/** From the branch itself outwards. */
function branchesAround(branch: Branch): readonly Branch[] {
  return branch.fan === null ? [branch] : [branch, ...branchesAround(branch.fan.around)]
}

/** What a node has come to as a branch sees it: in itself, else in what is around it. */
function seen(branch: Branch, node: string): Json {
  return (
    branchesAround(branch)
      .find(({ values }) => values.has(node))
      ?.values.get(node) ?? null
  )
}

function pathOf(branch: Branch): string {
  return branch.fan === null ? '' : `${pathOf(branch.fan.around)}.${branch.index}`
}

function isAlive(branch: Branch, token: Standing): boolean {
  return branch.live.has(token)
}
