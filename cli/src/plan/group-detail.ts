import type { Definition, FanDef, JoinDef, Json, TransitionDef } from '@wonder/engine'
import { countOf, expressionText, shortCondition } from './expression-text.ts'
import type { GroupPlace } from './group-membership.ts'

/** What a group goes over and how: `each path in files.paths ×8`. */
export function groupDetail(definition: Definition, { item, entries }: GroupPlace, input: Json): string | undefined {
  const fan = definition.fans.find(({ ref }) => ref === item.fan)
  const failures = definition.nodes.some(({ ref, onError }) => ref === item.node && onError === 'continue')
  const rest = failures ? ' · goes on after failures' : ''
  if (fan !== undefined) return `${fanText(fan, input)}${rest}`
  if (item.kind !== 'route') return `${item.kind}${rest}`
  const subject = definition.transitions.flatMap((way) => (entries.has(way.from) ? (routeSubject(way) ?? []) : []))[0]
  return `route${subject === undefined ? '' : ` by ${subject}`}${rest}`
}

/** `each path in files.paths (12) ×8, best_effort`. */
export function fanText({ each, workers, joins }: FanDef, input: Json): string {
  const [join, ...more] = joins
  const told = join === undefined || more.length > 0 ? '' : joinText(join)
  const strategy = told === '' ? '' : ` · ${told}`
  const times = workers === undefined ? '' : ` ×${workers}`
  if (each === undefined) return `parallel${times}${strategy}`
  const { items, as, filter, batch } = each
  const what = 'list' in items ? expressionText(items.list) : Object.keys(items.matrix).join(' × ')
  const known = 'list' in items ? countOf(items.list, input) : undefined
  const count = known === undefined || what.startsWith('a list of') ? '' : ` (${known})`
  const kept = filter === undefined ? '' : ` if ${shortCondition(filter)}`
  const waves = batch === undefined ? '' : ` · waves of ${batch}`
  const order = workers === 1 ? ' · one by one' : times
  return `each ${as} in ${what}${count}${kept}${order}${waves}${strategy}`
}

/** How branches meet; empty for the usual way: all of them, and a failure fails. */
export function joinText({ require, strategy }: JoinDef): string {
  const asked =
    require === undefined || require === 'all'
      ? []
      : [typeof require === 'string' ? require : `quorum ${require.quorum}`]
  return [...asked, ...(strategy === 'wait_all' ? [] : [strategy])].join(', ')
}

const CASE = /^string\((.*)\) == "(.*)"$/s

/** What a route by value looks at. */
export function routeSubject({ if: condition, label }: TransitionDef): string | undefined {
  const found = CASE.exec(condition ?? '')
  return found === null || typeof label !== 'string' ? undefined : shortCondition(found[1] ?? '')
}
