import { compile as compileSchema } from '@wonder/context'
import { InvariantError } from '@wonder/errors'
import { compileConditionWith, compileExprWith, type Evaluate } from './compile-expr.ts'
import type {
  ActionKind,
  BudgetDef,
  CheckpointDef,
  ConcurrencyDef,
  Definition,
  FanDef,
  JoinDef,
  NodeDef,
  NodeWork,
  TaskDef,
  TransitionDef,
} from './definition.ts'
import type { Expr } from './expr.ts'
import { type ListReads, listReads } from './list-reads.ts'
import { type EvalContext, kernelReader } from './scope.ts'
import type { Usage } from './usage.ts'

/** A definition, compiled once: nodes by number, conditions and mappings as closures. Holds no state; shared by all runs of it. */
export type Plan = {
  readonly definition: Definition
  /** Names the definition: `sha256:<hex>`. */
  readonly digest: string
  readonly nodes: readonly PlanNode[]
  readonly nodeIndex: ReadonlyMap<string, number>
  readonly transitionIndex: ReadonlyMap<string, PlanTransition>
  readonly fans: readonly PlanFan[]
  readonly fanIndex: ReadonlyMap<string, number>
  readonly start: number
  readonly onError: number | null
  readonly finally: number | null
  readonly outputs: Evaluate<EvalContext> | null
  /** Of the run. */
  readonly concurrency: PlanConcurrency | null
  readonly input: ReturnType<typeof compileSchema>
}

/** At most so many of a key at a time. */
export type PlanConcurrency = { readonly def: ConcurrencyDef; readonly key: Evaluate<EvalContext> }

export type PlanNode = {
  readonly index: number
  readonly ref: string
  readonly def: NodeDef
  readonly when: ((context: EvalContext) => boolean) | null
  /** The input of a task, the value of a collect, the message of a failure. */
  readonly value: Evaluate<EvalContext> | null
  /** The artifact's name of a task, the code of a `fail`. */
  readonly name: Evaluate<EvalContext> | null
  readonly set: readonly { readonly path: readonly string[]; readonly value: Evaluate<EvalContext> }[]
  /** Its own, or the processor of a wait. */
  readonly task: TaskDef | null
  readonly concurrency: PlanConcurrency | null
  /** What an attempt may use: as declared, else its steps and tool calls; what is absent is not known. */
  readonly uses: Usage
  /** Expressions of a wait, a signal, a question and a checkpoint, by what they say. */
  readonly parts: { readonly [part: string]: Evaluate<EvalContext> | undefined }
  /** Whether a signal is the one that a wait waits for. */
  readonly until: ((context: EvalContext) => boolean) | null
  /** Of the answers to a question. */
  readonly answers: ReturnType<typeof compileSchema> | null
  /** What follows when a wait or a question was in vain. */
  readonly late: 'fail' | 'continue' | number
  /** The node of a route's `open`. */
  readonly open: number
  readonly fan: number
  /** The fan-out that begins here, or -1. */
  readonly opens: number
  readonly onError: 'fail' | 'continue' | 'block' | number
  /** The list that undoes it: its first node, and what it reads. */
  readonly undo: { readonly node: number; readonly reads: ListReads } | null
  /** By priority, the most urgent first. */
  readonly tiers: readonly (readonly PlanTransition[])[]
}

export type PlanTransition = {
  readonly def: TransitionDef
  readonly from: number
  readonly to: number
  readonly if: ((context: EvalContext) => boolean) | null
  readonly fan: number
  readonly join: { readonly fan: number; readonly index: number; readonly take: 'last' | number } | null
  /** How many branches it makes; null: one. */
  readonly spawn: Evaluate<EvalContext> | null
  /** How often a lineage may take it. */
  readonly limit: number
}

export type PlanJoin = { readonly node: number; readonly def: JoinDef }

export type PlanFan = {
  readonly index: number
  readonly def: FanDef
  readonly joins: readonly PlanJoin[]
  readonly workers: number
  readonly list: Evaluate<EvalContext> | null
  /** Where the list stands already, when it is one reference: the event then need not carry it. */
  readonly axes: readonly (readonly [string, Evaluate<EvalContext>])[] | null
  readonly exclude: Evaluate<EvalContext> | null
  readonly filter: ((context: EvalContext) => boolean) | null
  /** Transitions that are its branches, in order. */
  readonly branches: readonly PlanTransition[]
}

/**
 * Compiles a definition whose references are known to be sound (see `validateDefinition`).
 *
 * @throws SourceError for an expression or a template that cannot be read
 */
export function compilePlan(definition: Definition, digest: string): Plan {
  const nodeIndex = new Map(definition.nodes.map((node, i) => [node.ref, i]))
  const fanIndex = new Map(definition.fans.map((fan, i) => [fan.ref, i]))
  const at = (index: ReadonlyMap<string, number>, ref: string): number => {
    const found = index.get(ref)
    if (found === undefined)
      throw new InvariantError('definition', `the definition of "${definition.workflow}" has no "${ref}"`)
    return found
  }
  const condition = (cel: string | undefined) => (cel === undefined ? null : compileConditionWith(cel, kernelReader))
  const expr = (source: Parameters<typeof compileExprWith>[0] | undefined) =>
    source === undefined ? null : compileExprWith(source, kernelReader)

  const concurrency = (def: ConcurrencyDef | undefined): PlanConcurrency | null =>
    def === undefined ? null : { def, key: compileExprWith(def.key, kernelReader) }

  const joinIndex = (fan: number, node: string): number =>
    definition.fans[fan]?.joins.findIndex((join) => join.node === node) ?? -1

  const transitions = definition.transitions.map(
    (def): PlanTransition => ({
      def,
      from: at(nodeIndex, def.from),
      to: at(nodeIndex, def.to),
      if: condition(def.if),
      fan: def.fan === undefined ? -1 : at(fanIndex, def.fan),
      join:
        def.join === undefined
          ? null
          : {
              fan: at(fanIndex, def.join.fan),
              index: joinIndex(at(fanIndex, def.join.fan), def.to),
              take: def.join.take === 'last' ? 'last' : at(nodeIndex, def.join.take.node),
            },
      spawn: expr(def.spawn),
      limit: def.max_iterations ?? Number.POSITIVE_INFINITY,
    }),
  )

  const undoOf = (ref: string) => ({ node: at(nodeIndex, ref), reads: listReads(definition, ref) })
  const leaving = Map.groupBy(transitions, (transition) => transition.from)
  const nodes = definition.nodes.map((def, index): PlanNode => {
    const { does } = def
    const late = does.kind === 'wait' ? does.onTimeout : does.kind === 'ask' ? does.onExpiry : undefined
    return {
      index,
      ref: def.ref,
      def,
      when: condition(def.when),
      value: expr(
        does.kind === 'task' || does.kind === 'workflow'
          ? does.input
          : does.kind === 'collect'
            ? does.value
            : does.kind === 'fail' || does.kind === 'error'
              ? does.message
              : does.kind === 'sleep'
                ? (does.until ?? does.for)
                : does.kind === 'wait'
                  ? does.processor?.input
                  : undefined,
      ),
      name: expr(does.kind === 'task' ? does.save : does.kind === 'fail' ? does.code : undefined),
      set:
        does.kind === 'set'
          ? does.values.map(({ path, value }) => ({ path, value: compileExprWith(value, kernelReader) }))
          : [],
      concurrency: concurrency(def.concurrency),
      task: taskOf(definition, does),
      uses: does.kind === 'workflow' ? declaredOf(def.budget) : usesOf(taskOf(definition, does), def.budget),
      parts: Object.fromEntries(
        Object.entries({ ...partsOf(does), ...checkpointParts(def.checkpoint), cacheKey: def.cache?.key }).flatMap(
          ([part, source]) => (source === undefined ? [] : [[part, expr(source) ?? undefined]]),
        ),
      ),
      until: condition(does.kind === 'wait' ? does.until : undefined),
      answers: does.kind === 'ask' && does.answers !== undefined ? compileSchema(does.answers) : null,
      late: typeof late === 'object' ? ('to' in late ? at(nodeIndex, late.to) : 'fail') : (late ?? 'fail'),
      open: does.kind === 'route' ? at(nodeIndex, does.open) : -1,
      fan: does.kind === 'join' ? at(fanIndex, does.fan) : -1,
      opens: definition.fans.findIndex((fan) => fan.node === def.ref),
      onError: typeof def.onError === 'object' ? at(nodeIndex, def.onError.to) : (def.onError ?? 'fail'),
      undo: def.compensate === undefined ? null : undoOf(def.compensate),
      tiers: tiersOf(leaving.get(index) ?? []),
    }
  })

  const fans = definition.fans.map((def, index): PlanFan => {
    const items = def.each?.items
    return {
      index,
      def,
      joins: def.joins.map((join) => ({ node: at(nodeIndex, join.node), def: join })),
      workers: def.workers ?? Number.POSITIVE_INFINITY,
      list: items !== undefined && 'list' in items ? expr(items.list) : null,
      axes:
        items !== undefined && 'matrix' in items
          ? Object.entries(items.matrix).map(([axis, values]) => [axis, compileExprWith(values, kernelReader)] as const)
          : null,
      exclude: items !== undefined && 'matrix' in items ? expr(items.exclude) : null,
      filter: condition(def.each?.filter),
      branches: transitions.filter((transition) => transition.fan === index),
    }
  })

  return {
    definition,
    digest,
    nodes,
    nodeIndex,
    transitionIndex: new Map(transitions.map((transition) => [transition.def.ref, transition])),
    fans,
    fanIndex,
    start: at(nodeIndex, definition.start),
    onError: definition.onError === undefined ? null : at(nodeIndex, definition.onError),
    finally: definition.finally === undefined ? null : at(nodeIndex, definition.finally),
    outputs: expr(definition.outputs),
    concurrency: concurrency(definition.concurrency),
    input: compileSchema(definition.input),
  }
}

/** The task that a node orders. */
function taskOf({ tasks }: Definition, does: NodeWork): TaskDef | null {
  const ref = does.kind === 'task' ? does.task : does.kind === 'wait' ? does.processor?.task : undefined
  return ref === undefined ? null : (tasks[ref] ?? null)
}

function partsOf(does: NodeWork): { readonly [part: string]: Expr | undefined } {
  switch (does.kind) {
    case 'wait':
      return { signal: does.signal, timeout: does.timeout }
    case 'signal':
      return { name: does.name, payload: does.payload, run: does.run }
    case 'ask': {
      const { text, shows, role, expires, onExpiry } = does
      const second = typeof onExpiry === 'object' && 'role' in onExpiry ? onExpiry : undefined
      return { text, shows, role, expires, secondRole: second?.role, secondExpires: second?.expires }
    }
    default:
      return {}
  }
}

function checkpointParts(checkpoint: CheckpointDef | undefined): { readonly [part: string]: Expr | undefined } {
  if (checkpoint === undefined) return {}
  const { summary, required, role } = checkpoint
  return { summary, instructions: required?.instructions, checkpointRole: role }
}

function tiersOf(transitions: readonly PlanTransition[]): readonly (readonly PlanTransition[])[] {
  const priorities = [...new Set(transitions.map((transition) => transition.def.priority ?? 0))].sort((a, b) => a - b)
  return priorities.map((priority) => transitions.filter((transition) => (transition.def.priority ?? 0) === priority))
}

/** Kinds of steps that use no tokens and no money, and call no tools. */
const free: ReadonlySet<ActionKind> = new Set(['shell', 'http', 'render', 'set', 'artifact'])

/** Nothing is known of what can be used and is not declared; a declared 0 is no promise that it will not be. */
function usesOf(task: TaskDef | null, budget: BudgetDef = {}): Usage {
  const steps = task?.steps ?? []
  const tools = steps.filter(({ action }) => action === 'tool').length
  const isFree = steps.every(({ action }) => free.has(action))
  const onlyTools = steps.every(({ action }) => action === 'tool' || free.has(action))
  const calls = budget.tool_calls || (onlyTools ? tools : undefined)
  const tokens = budget.tokens || (isFree ? 0 : undefined)
  const cost = budget.cost_usd || (isFree ? 0 : undefined)
  return {
    steps: budget.steps || steps.length,
    ...(calls === undefined ? {} : { tool_calls: calls }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(cost === undefined ? {} : { cost_usd: cost }),
  }
}

/** Of a sub-workflow only what is declared is known. */
function declaredOf({ steps, tool_calls: calls, tokens, cost_usd: cost }: BudgetDef = {}): Usage {
  return {
    ...(steps ? { steps } : {}),
    ...(calls ? { tool_calls: calls } : {}),
    ...(tokens ? { tokens } : {}),
    ...(cost ? { cost_usd: cost } : {}),
  }
}
