import type { EventId, RunEvent } from './events.ts'
import { openSnapshot } from './snapshot.ts'
import { viewFork } from './view-fork.ts'
import { dropAll, type ViewParts } from './view-parts.ts'
import { viewTokenEvent } from './view-token-events.ts'

/** What an event changes in a run as people see it. */
export function viewEvent(view: ViewParts, event: RunEvent, id: EventId, time: number): void {
  const { run, tokens, fanouts } = view
  if ('token' in event) {
    const token = tokens.get(event.token ?? '')
    if (event.type === 'artifact_saved') {
      run.artifacts.delete(event.artifact.name)
      run.artifacts.set(event.artifact.name, event.artifact)
    } else if (token !== undefined) viewTokenEvent(view, token, event, { id, time })
    return
  }
  switch (event.type) {
    case 'run_started':
      run.started = time
      run.input = event.input
      run.tags = event.tags ?? []
      break
    case 'run_forked':
      viewFork(view, openSnapshot('', [JSON.stringify(event.state)]).encoded, time)
      break
    case 'token_created': {
      // A part begins when the one before is over: nothing of it goes on.
      if (event.part !== undefined) dropAll(view, time)
      const from = event.from === undefined ? undefined : tokens.get(event.from)
      tokens.add({ id, node: event.node, branch: from?.branch ?? null, groups: from?.groups ?? [] }, time)
      break
    }
    case 'branch_started':
      fanouts.startBranch(event, { id, time })
      break
    case 'branch_failed':
      fanouts.failBranch(event, time)
      break
    case 'joined':
      fanouts.join(event, { id, time })
      break
    case 'fan_out_closed': {
      const fanout = fanouts.get(event.fanout)
      if (fanout !== undefined) fanouts.close(fanout, 'completed', time)
      break
    }
    case 'checkpoint_emitted':
      run.checkpoint = { id, time, ...event.checkpoint }
      break
    case 'run_paused':
      run.paused = true
      break
    case 'run_resumed':
      run.paused = false
      if (run.held !== 'project') run.held = null
      break
    case 'project_budget_reached':
      run.projectLimit = event.budget
      run.held = 'project'
      return
    case 'reservation_granted':
      run.projectLimit = null
      run.held = null
      return
    case 'run_held':
      if (event.kind === 'wall_time') run.limit = 'wall_time'
      run.held = event.kind
      break
    case 'budget_raised':
      if (run.held === 'wall_time' && event.budget.wall_time !== undefined) run.held = null
      break
    case 'compensation_started':
      dropAll(view, time)
      tokens.add({ id, node: event.node, branch: null, groups: [] }, time)
      break
    case 'compensation_ended':
    case 'compensations_skipped':
      dropAll(view, time)
      break
    case 'run_stopping':
      run.stopping = true
      run.paused = false
      run.held = null
      run.output = event.output
      run.error = event.error ?? null
      dropAll(view, time, 'awaited')
      break
    case 'run_ended':
      run.final = event.status
      run.ended = time
      // What a failing `finally` leaves is not what the run was stopping with.
      run.output = event.output
      run.error = event.error ?? null
      dropAll(view, time)
      break
  }
}
