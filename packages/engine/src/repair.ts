/**
 * Repairs: what a person says about tasks that have failed for good and block the run (`on_error: block`).
 */
import { WonderError } from '@wonder/errors'
import type { Decision } from './decision.ts'
import type { Command } from './events.ts'
import { type Outcome, refused } from './outcome.ts'
import { failForGood, leave, move, nodeOf } from './routing.ts'
import type { Token } from './run-state.ts'

/**
 * retry: from its first step, with all attempts; a group begins again where it opens. skip: goes on as if the failure had
 * been allowed. fail: as if it had not been.
 */
export function repair(decision: Decision, command: Extract<Command, { kind: 'repair' }>): Outcome {
  const { state } = decision
  const open = [...state.tokens.values()].filter((token) => token.wait === 'repair')
  const chosen = open.filter((token) => command.task === undefined || nodeOf(decision, token).ref === command.task)
  if (chosen.length === 0) {
    const what = command.task === undefined ? '' : `task "${command.task}" of `
    const names = [...new Set(open.map((token) => nodeOf(decision, token).ref))].join(', ')
    const hint = names === '' ? 'no task of it is blocked' : `blocked: ${names}`
    return refused(new WonderError('not_blocked', `Cannot repair ${what}run "${state.run}": ${hint}`))
  }
  const by = command.by ?? ''
  for (const token of chosen) {
    // A failure just before may have ended it.
    if (!state.tokens.has(token.id)) continue
    decision.emit({ type: 'task_repaired', token: token.id, action: command.action, by })
    if (command.action === 'retry') again(decision, token)
    else if (command.action === 'skip') leave(decision, token)
    else failForGood(decision, token)
  }
  return { status: 'applied' }
}

function again(decision: Decision, token: Token): void {
  const { fan } = nodeOf(decision, token)
  const opening = decision.plan.fans[fan]?.def.node
  if (opening === undefined) return decision.enter(token.id)
  move(decision, token, decision.plan.nodeIndex.get(opening) ?? -1, undefined)
}
