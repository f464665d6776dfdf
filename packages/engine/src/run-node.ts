/**
 * What a token does at its node. Where it goes from there: routing.ts.
 */
import type { ErrorBody } from '@wonder/errors'
import { ask } from './asking.ts'
import { admits, reservation } from './budget.ts'
import { checkpointAt } from './checkpoint-node.ts'
import { orderChild } from './children.ts'
import type { Decision, Work } from './decision.ts'
import { finishPart } from './ending.ts'
import { startBranches } from './fan-out.ts'
import type { Json } from './json.ts'
import { admit } from './permits.ts'
import type { PlanNode } from './plan.ts'
import { projectAdmits } from './project-budget.ts'
import { afterFailure, complete, failNode, goOn, leave, nodeOf } from './routing.ts'
import type { Token } from './run-state.ts'
import { isHeld } from './run-status.ts'
import { valueIn } from './scope.ts'
import { listen, sendSignal } from './signals.ts'
import { sleep } from './sleep.ts'
import { cacheName } from './work-name.ts'

/** Does what a decision has left for later. */
export function perform(decision: Decision, work: Work): void {
  switch (work.kind) {
    case 'run': {
      const token = decision.state.tokens.get(work.token)
      if (token !== undefined) run(decision, token)
      return
    }
    case 'checkpoint': {
      const token = decision.state.tokens.get(work.token)
      if (token !== undefined) checkpointAt(decision, token)
      return
    }
    case 'start':
      return startBranches(decision, work.fanout)
    case 'rest': {
      const { tokens, fanouts, ended } = decision.state
      if (tokens.size === 0 && fanouts.size === 0 && ended === null) finishPart(decision, null)
    }
  }
}

/** A token of a run that is paused or held stays where it is, ready. */
function run(decision: Decision, token: Token): void {
  if (isHeld(decision.state)) return
  const node = nodeOf(decision, token)
  const context = decision.context(token.frame, token)
  if (node.when !== null && token.wait === 'ready' && token.subject === null && token.tries === 0) {
    const condition = decision.compute(() => node.when?.(context) ?? true)
    if (!condition.ok) return failNode(decision, token, condition.error)
    if (!condition.value) {
      decision.emit({ type: 'node_skipped', token: token.id })
      return leave(decision, token)
    }
  }
  switch (node.def.does.kind) {
    case 'task':
      return order(decision, token, node)
    case 'open':
      return leave(decision, token)
    case 'collect': {
      const value = decision.compute(() => node.value?.(context) ?? null)
      return value.ok ? complete(decision, token, value.value) : failNode(decision, token, value.error)
    }
    case 'set': {
      const values = decision.compute(() =>
        node.set.map(({ path, value }) => [path, decision.compact(value(context))] as const),
      )
      if (!values.ok) return failNode(decision, token, values.error)
      decision.emit({ type: 'state_set', token: token.id, values: values.value })
      return goOn(decision, token)
    }
    case 'last':
      return complete(decision, token, lastOutput(token))
    case 'route': {
      const taken = token.frame.values?.get(node.open)?.output ?? null
      return complete(decision, token, { taken, output: lastOutput(token) })
    }
    case 'join': {
      const value = token.frame.values?.get(node.index)
      return value?.status === 'failed' ? afterFailure(decision, token) : goOn(decision, token)
    }
    case 'end':
      return finishPart(decision, null)
    case 'fail': {
      const message = decision.compute(() => String(node.value?.(context) ?? ''))
      const code = decision.compute(() => String(node.name?.(context) ?? 'workflow_failed'))
      if (!message.ok) return failNode(decision, token, message.error)
      if (!code.ok) return failNode(decision, token, code.error)
      const error: ErrorBody = { code: code.value, message: message.value, retry: 'never' }
      decision.emit({ type: 'node_failed', token: token.id, error })
      return finishPart(decision, error)
    }
    case 'sleep':
      return sleep(decision, token, node)
    case 'workflow':
      if (admit(decision, token, node)) orderChild(decision, token, node)
      return
    case 'wait':
      // With a subject it has taken a signal, which its processor has to look at.
      return token.subject === null ? listen(decision, token, node) : order(decision, token, node)
    case 'signal':
      return sendSignal(decision, token, node)
    case 'ask':
      return ask(decision, token, node)
    case 'error': {
      const { code } = node.def.does
      const message = decision.compute(() => String(node.value?.(context) ?? ''))
      if (!message.ok) return failNode(decision, token, message.error)
      return failNode(decision, token, { code, message: message.value, retry: 'never' })
    }
  }
}

function lastOutput(token: Token): Json {
  return token.last === -1 ? null : (valueIn(token.frame, token.last)?.output ?? null)
}

/** Budgets come first and the permit last: who waits for a budget holds no permit. */
function order(decision: Decision, token: Token, node: PlanNode): void {
  if (decision.state.budget !== null && !admits(decision, token, node)) return
  if (!projectAdmits(decision, token, node)) return
  if (admit(decision, token, node)) dispatch(decision, token, node)
}

function dispatch(decision: Decision, token: Token, node: PlanNode): void {
  const attempt = token.attempt + 1
  const context = decision.context(token.frame, { ...token, attempt })
  const input = decision.compute(() => decision.compact(node.value?.(context) ?? null))
  if (!input.ok) return failNode(decision, token, input.error)
  const save = decision.compute(() => (node.name === null ? null : String(node.name(context))))
  if (!save.ok) return failNode(decision, token, save.error)
  const cache = decision.compute(() => cacheName(decision, node, { input: input.value, save: save.value, context }))
  if (!cache.ok) return failNode(decision, token, cache.error)
  const reserved = reservation(decision, node)
  decision.emit({
    type: 'task_dispatched',
    token: token.id,
    attempt,
    dispatch: 1,
    input: input.value,
    ...(save.value === null ? {} : { save: save.value }),
    ...(reserved === undefined ? {} : { reserved }),
    ...(cache.value === null ? {} : { cache: cache.value }),
  })
  decision.effects.push({ type: 'dispatch', token: token.id, attempt, dispatch: 1 })
}
