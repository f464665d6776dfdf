import { WonderError } from '@wonder/errors'
import type { Definition } from './definition.ts'

/**
 * Checks that a definition holds together: every ref exists and is unique, fan-outs and joins belong to each other,
 * and every path out of a fan-out is sound. Front ends report a person's mistakes themselves; this is the gate that the
 * kernel relies on, for definitions from anywhere.
 *
 * @throws WonderError `invalid_definition` with all problems in `details.problems`; `format_too_new`
 */
export function validateDefinition(definition: Definition): void {
  if (definition.format !== 1) {
    throw new WonderError(
      'format_too_new',
      `Cannot take workflow "${definition.workflow}": its definition has format ${String(definition.format)}, this version reads 1`,
    )
  }
  const problems = [...uniqueness(definition), ...references(definition), ...fanOuts(definition)]
  if (problems.length === 0) return
  throw new WonderError('invalid_definition', `Cannot take workflow "${definition.workflow}": ${problems.join('; ')}`, {
    details: { problems },
  })
}

function* uniqueness({ nodes, transitions, fans }: Definition): Iterable<string> {
  for (const [what, items] of [
    ['node', nodes],
    ['transition', transitions],
    ['fan-out', fans],
  ] as const) {
    const seen = new Set<string>()
    for (const { ref } of items) {
      if (seen.has(ref)) yield `${what} "${ref}" is there twice`
      seen.add(ref)
    }
  }
}

function* references(definition: Definition): Iterable<string> {
  const { nodes, transitions, fans, tasks, workflows = {} } = definition
  const nodeRefs = new Set(nodes.map((node) => node.ref))
  const fanRefs = new Set(fans.map((fan) => fan.ref))
  const unknownNode = (ref: string | undefined): boolean => ref !== undefined && !nodeRefs.has(ref)
  for (const [name, ref] of [
    ['start', definition.start],
    ['onError', definition.onError],
    ['finally', definition.finally],
  ] as const) {
    if (unknownNode(ref)) yield `${name} names the unknown node "${ref}"`
  }
  for (const { ref, does, onError, error } of nodes) {
    if (does.kind === 'task' && !Object.hasOwn(tasks, does.task))
      yield `node "${ref}" names the unknown task "${does.task}"`
    if (does.kind === 'workflow' && !Object.hasOwn(workflows, does.workflow))
      yield `node "${ref}" starts the unknown workflow "${does.workflow}"`
    if (does.kind === 'wait' && does.processor !== undefined && !Object.hasOwn(tasks, does.processor.task))
      yield `node "${ref}" names the unknown task "${does.processor.task}"`
    const late = does.kind === 'wait' ? does.onTimeout : does.kind === 'ask' ? does.onExpiry : undefined
    if (typeof late === 'object' && 'to' in late && unknownNode(late.to))
      yield `node "${ref}" goes to the unknown node "${late.to}" when its time is up`
    if (does.kind === 'route' && unknownNode(does.open)) yield `node "${ref}" closes the unknown node "${does.open}"`
    if (does.kind === 'join' && !fanRefs.has(does.fan)) yield `node "${ref}" joins the unknown fan-out "${does.fan}"`
    if (typeof onError === 'object' && unknownNode(onError.to))
      yield `node "${ref}" fails to the unknown node "${onError.to}"`
    if (error !== '$run' && unknownNode(error)) yield `node "${ref}" reads the error of the unknown node "${error}"`
  }
  for (const { ref, from, to, fan, join } of transitions) {
    if (unknownNode(from)) yield `transition "${ref}" leaves the unknown node "${from}"`
    if (unknownNode(to)) yield `transition "${ref}" leads to the unknown node "${to}"`
    if (fan !== undefined && !fanRefs.has(fan)) yield `transition "${ref}" belongs to the unknown fan-out "${fan}"`
    if (join !== undefined && !fanRefs.has(join.fan))
      yield `transition "${ref}" joins the unknown fan-out "${join.fan}"`
    if (join !== undefined && join.take !== 'last' && unknownNode(join.take.node)) {
      yield `transition "${ref}" takes the unknown node "${join.take.node}"`
    }
  }
}

function* fanOuts({ nodes, transitions, fans }: Definition): Iterable<string> {
  const kinds = new Map(nodes.map((node) => [node.ref, node.does]))
  for (const { ref, node, workers, each, joins } of fans) {
    const branches = transitions.filter((transition) => transition.fan === ref)
    if (!kinds.has(node)) yield `fan-out "${ref}" begins at the unknown node "${node}"`
    for (const { node: target, require } of joins) {
      const does = kinds.get(target)
      if (does?.kind !== 'join' || does.fan !== ref) yield `fan-out "${ref}" ends at "${target}", which is not its join`
      const quorum = typeof require === 'object' ? require.quorum : 1
      if (!(Number.isInteger(quorum) && quorum > 0)) yield `join "${target}" needs ${quorum} branches`
    }
    if (branches.some((branch) => branch.from !== node)) {
      yield `fan-out "${ref}" has a branch that does not leave "${node}"`
    }
    const names = branches.flatMap(({ branch }) => branch ?? [])
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) yield `fan-out "${ref}" has two branches "${twice}"`
    if (each !== undefined && branches.length !== 1) {
      yield `fan-out "${ref}" goes over items and needs one transition, it has ${branches.length}`
    }
    if (each !== undefined && branches.some(({ spawn }) => spawn !== undefined)) {
      yield `fan-out "${ref}" goes over items and spawns, it can do one of both`
    }
    if (workers !== undefined && !(Number.isInteger(workers) && workers > 0)) {
      yield `fan-out "${ref}" has ${workers} workers`
    }
    const { batch } = each ?? {}
    if (batch !== undefined && !(Number.isInteger(batch) && batch > 0)) yield `fan-out "${ref}" has waves of ${batch}`
    for (const transition of transitions) {
      if (transition.join?.fan === ref && !joins.some((join) => join.node === transition.to)) {
        yield `transition "${transition.ref}" joins "${ref}" and leads to "${transition.to}", which is no join of it`
      }
    }
  }
  for (const { ref, fan, spawn, join, max_iterations: limit } of transitions) {
    if (spawn !== undefined && fan === undefined) yield `transition "${ref}" spawns branches of no fan-out`
    if (fan !== undefined && join !== undefined && join.fan !== fan) {
      yield `transition "${ref}" begins a fan-out and joins another`
    }
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0))
      yield `transition "${ref}" may be taken ${limit} times`
    if (limit !== undefined && (fan !== undefined || join !== undefined)) {
      yield `transition "${ref}" has a limit and is part of a fan-out: give the limit to a transition before or after it`
    }
  }
}
