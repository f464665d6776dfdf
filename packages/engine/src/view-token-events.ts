import type { EventId, RunEvent } from './events.ts'
import { waitTimeout } from './mailbox.ts'
import { expiry, rejection } from './questions.ts'
import type { ViewParts } from './view-parts.ts'
import { isQuestion, isWait, openQuestion } from './view-subjects.ts'
import type { ViewToken } from './view-tokens.ts'

/** What an event says of a token that is live. */
export function viewTokenEvent(
  { run, items, tokens, fanouts }: ViewParts,
  token: ViewToken,
  event: RunEvent,
  at: { readonly id: EventId; readonly time: number },
): void {
  const { time } = at
  switch (event.type) {
    case 'token_moved':
      token.node = event.node
      tokens.stand(token, time)
      break
    case 'token_ended':
      tokens.end(token, event.reason, time)
      break
    case 'task_dispatched':
      // Without input the same attempt is ordered again.
      if (event.input !== undefined) tokens.tryAt(token)
      tokens.change(token, 'running', time)
      break
    case 'task_started':
      tokens.change(token, 'running', time)
      break
    case 'task_completed': {
      if (event.reused === undefined) run.ran += 1
      else {
        run.reused += 1
        const item = items.at(token.node)?.item
        if (item !== undefined) item.reused = (item.reused ?? 0) + 1
      }
      // The processor of a wait only looks at a signal.
      const looks = tokens.nodeOf(token)?.does.kind === 'wait'
      tokens.change(token, looks ? 'waiting' : 'completed', time)
      break
    }
    case 'project_budget_reached':
      run.projectLimit = event.budget
      tokens.change(token, 'limited', time)
      return
    case 'reservation_granted':
      run.projectLimit = null
      tokens.change(token, 'waiting', time)
      return
    case 'budget_reached':
      run.limit = event.budget
      run.projectLimit = null
      tokens.change(token, 'limited', time)
      break
    case 'node_completed':
    case 'state_set':
      tokens.change(token, 'completed', time)
      break
    case 'task_failed':
      tokens.change(token, event.retry_at === undefined ? 'failed' : 'retrying', time, event.error)
      break
    case 'node_failed':
      tokens.change(token, 'failed', time, event.error)
      break
    case 'node_skipped':
      tokens.change(token, 'skipped', time)
      break
    case 'permit_requested':
      tokens.change(token, 'waiting', time)
      break
    case 'permit_refused':
      tokens.change(token, 'failed', time, event.error)
      break
    case 'token_slept':
      tokens.change(token, 'sleeping', time)
      break
    case 'child_ordered': {
      tokens.tryAt(token)
      const entry = items.at(token.node)
      if (entry?.repeated === false) entry.item.run = event.child
      tokens.change(token, 'nested', time)
      break
    }
    case 'child_ended':
      tokens.change(token, event.error === undefined ? 'completed' : 'failed', time, event.error)
      break
    case 'signal_awaited': {
      const task = items.taskAt(token.node)
      tokens.wait(token, { task, signal: event.name, since: time, until: event.due_at ?? null }, time)
      break
    }
    case 'signal_taken': {
      const does = tokens.nodeOf(token)?.does
      tokens.change(token, does?.kind === 'wait' && does.processor !== undefined ? 'waiting' : 'completed', time)
      break
    }
    case 'signal_sent':
      tokens.change(token, 'sending', time)
      break
    case 'wait_expired': {
      const { subject } = token
      tokens.change(token, 'failed', time, waitTimeout(subject !== null && isWait(subject) ? subject.signal : ''))
      break
    }
    case 'question_asked':
      tokens.wait(token, openQuestion(items, token, event, at), time)
      break
    case 'question_escalated':
      if (token.subject !== null && isQuestion(token.subject)) {
        token.subject = { ...token.subject, role: event.role, expires: event.expires_at ?? null }
      }
      break
    case 'question_answered':
      if (event.decision === 'rejected') tokens.change(token, 'failed', time, rejection(event))
      else tokens.change(token, 'completed', time)
      break
    case 'question_expired':
      tokens.change(token, 'failed', time, expiry(token.node))
      break
    case 'task_blocked':
      tokens.change(token, 'blocked', time)
      break
    case 'task_repaired':
      tokens.change(token, event.action === 'retry' ? 'waiting' : 'failed', time)
      break
    case 'task_awaited':
      tokens.await(token)
      break
    case 'task_interrupted':
      tokens.change(token, 'interrupted', time)
      break
    case 'interruption_decided':
      tokens.change(token, event.decision === 'rerun' ? 'waiting' : 'failed', time)
      break
    case 'fanned_out':
      fanouts.open(token, event, at)
      break
    case 'branch_arrived':
      fanouts.arrive(token, event.transition, time)
      break
    case 'step_completed':
    case 'lease_expired':
    case 'artifact_saved':
      // Steps stand below tasks, and artifacts belong to the run.
      break
  }
}
