/**
 * Names of pieces of work: two attempts with one name do the same, as far as Wonder can know.
 *
 * Owns: what counts. The task with its steps, schemas and files that become artifacts; the code and the permissions of
 * its tools; the hosts that it may reach, where it reaches any; its input; the env values, where it reads any. Secrets
 * count by their names, large values by their digests. What does not count: id and place of the task, its timeout and
 * retries, and whatever it reads that no definition has (files, the network, the clock).
 */
import { digestJson } from '@wonder/crypto'
import type { Decision } from './decision.ts'
import type { Definition, NodeDef, TaskDef } from './definition.ts'
import type { Json } from './json.ts'
import { readsOf } from './list-reads.ts'
import type { Plan, PlanNode } from './plan.ts'
import type { EvalContext } from './scope.ts'

/** Part of each name: a later version that counts something else begins with another one. */
const format = 1

/** What an attempt is made of beside its task. */
export type WorkOrder = {
  readonly input: Json
  /** Name of the artifact that its text becomes. */
  readonly save: string | null
  /** Digest of the env values that tasks see; null: no task reads any. */
  readonly env: string | null
}

/** What of a node's task counts; null: its result belongs to its run alone. */
type WorkFacts = { readonly digest: string; readonly readsEnv: boolean }

/** A plan never changes, so each of its nodes is looked through once. */
const known = new WeakMap<PlanNode, WorkFacts | null>()

/**
 * `sha256:<hex>`; null for a node that is no task, for a task whose steps read `run`, and for an input that has no one
 * text. A processor of a wait is part of the wait, and has none.
 */
export function workName({ definition }: Plan, node: PlanNode, order: WorkOrder): string | null {
  const facts = factsOf(definition, node)
  if (facts === null) return null
  return named({
    work: facts.digest,
    input: order.input,
    save: order.save,
    env: facts.readsEnv ? order.env : null,
  })
}

/** A definition never changes, so each is looked through once, however many runs of it begin. */
const envReaders = new WeakMap<Definition, boolean>()

/** Whether some task of the workflow sees values of `env` that no mapping of the kernel gave it. */
export function tasksReadEnv(definition: Definition): boolean {
  const known = envReaders.get(definition) ?? someTaskReadsEnv(definition)
  envReaders.set(definition, known)
  return known
}

function someTaskReadsEnv(definition: Definition): boolean {
  return definition.nodes.some(({ does }) => {
    const task = does.kind === 'task' ? definition.tasks[does.task] : undefined
    return task !== undefined && readsEnv(definition, task, toolsOf(definition, task, does))
  })
}

/** The name under which the result of an attempt is kept across runs; null: it is not kept. */
export function cacheName(
  { plan, state }: Decision,
  node: PlanNode,
  order: { readonly input: Json; readonly save: string | null; readonly context: EvalContext },
): string | null {
  const { cache, does } = node.def
  if (cache === undefined || does.kind !== 'task') return null
  const { save, context } = order
  const key = node.parts.cacheKey
  // With a key it does not count what the mapping comes to, but which mapping it is: of a shell task it has the command.
  const input = key === undefined ? order.input : { key: key(context), mapping: toJson(does.input) }
  const work = workName(plan, node, { input, save, env: state.tasksEnv })
  return work === null ? null : named({ cache: work, project: state.project, by: key === undefined ? 'input' : 'key' })
}

function factsOf(definition: Definition, node: PlanNode): WorkFacts | null {
  const found = known.get(node)
  if (found !== undefined) return found
  const facts = computeFacts(definition, node.def.does)
  known.set(node, facts)
  return facts
}

function computeFacts(definition: Definition, does: NodeDef['does']): WorkFacts | null {
  const task = does.kind === 'task' ? definition.tasks[does.task] : undefined
  if (task === undefined) return null
  const { steps, result, input, output, artifacts } = task
  const roots = new Set(readsOf({ steps, result }).map(([root]) => root))
  if (roots.has('run')) return null
  const tools = toolsOf(definition, task, does)
  const reaches = steps.some(({ action }) => action === 'http' || action === 'tool')
  const digest = named({
    format,
    steps,
    result: result ?? null,
    schemas: [input ?? null, output ?? null],
    artifacts: artifacts ?? null,
    tools: tools.map((name) => {
      const { bundle, permissions, memory, input, output } = definition.tools[name] ?? {}
      return { name, bundle, permissions, memory, input, output }
    }),
    network: reaches ? definition.network : null,
    workflow: roots.has('workflow') ? definition.workflow : null,
    project: roots.has('project') ? definition.project : null,
  })
  return digest === null ? null : { digest, readsEnv: readsEnv(definition, task, tools) }
}

function readsEnv({ tools }: Definition, { steps, result }: TaskDef, names: readonly string[]): boolean {
  if (names.some((name) => (tools[name]?.permissions.env ?? []).length > 0)) return true
  return readsOf({ steps, result }).some(([root]) => root === 'env')
}

/** Tools that a task may call: those that it names, and all of them where it computes the name. */
function toolsOf({ tools }: Definition, { steps }: TaskDef, does: NodeDef['does']): readonly string[] {
  const given = does.kind === 'task' ? does.input : undefined
  const named = steps.flatMap(({ action, config = given }) => {
    if (action !== 'tool') return []
    const tool = config !== undefined && 'map' in config ? config.map.tool : undefined
    const whole = config !== undefined && 'lit' in config ? memberOf(config.lit, 'tool') : undefined
    const name = tool !== undefined && 'lit' in tool ? tool.lit : whole
    return typeof name === 'string' ? [name] : Object.keys(tools)
  })
  return [...new Set(named)].sort()
}

function memberOf(value: Json, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

/** What is absent is left out. */
function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}

/** Null: it has no one text, such as a text with half a character. */
function named(parts: { readonly [name: string]: unknown }): string | null {
  try {
    return digestJson(toJson(parts))
  } catch {
    return null
  }
}
