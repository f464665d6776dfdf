/**
 * How a run begins: with an input, or as a fork of another; and how it goes over to another version of its workflow.
 */
import { WonderError } from '@wonder/errors'
import { checkpointAtStart } from './checkpoint.ts'
import type { Decision } from './decision.ts'
import type { CommandOf } from './events.ts'
import { redispatch } from './interruptions.ts'
import type { Json } from './json.ts'
import { measure } from './measure.ts'
import { applied, duplicate, type Outcome, refused } from './outcome.ts'
import { mayBegin } from './project-budget.ts'
import { problemOf, receiveAtStart } from './signals.ts'
import { wake } from './wake.ts'

export function start(decision: Decision, command: CommandOf<'start'>): Outcome {
  const { plan, state } = decision
  if (state.definition !== '') return duplicate
  const json = decision.compute(() => measure(command.input))
  if (!json.ok) return { status: 'refused', error: json.error }
  const checked = plan.input.check(command.input, { applyDefaults: true })
  if (!checked.ok) {
    const { workflow } = plan.definition
    const problems = checked.errors.map(({ path, code, message }) => ({ path, code, message }))
    const listed = problems.map(({ path, message }) => `${path === '' ? 'input' : path}: ${message}`).join('; ')
    return refused(
      new WonderError('invalid_input', `Cannot start workflow "${workflow}": ${listed}`, { details: { problems } }),
    )
  }
  const { signals = [] } = command
  const problem = problemOf(decision, signals)
  if (problem !== null) return { status: 'refused', error: problem }
  decision.emit({
    type: 'run_started',
    definition: command.definition,
    project: plan.definition.project,
    workflow: plan.definition.workflow,
    input: decision.compact((checked.value ?? command.input) as Json),
    env: command.env,
    seed: command.seed,
    ...(command.tags === undefined || command.tags.length === 0 ? {} : { tags: command.tags }),
    ...(command.parent === undefined ? {} : { parent: command.parent }),
    ...(command.depth === undefined ? {} : { depth: command.depth }),
    ...(command.grant === undefined ? {} : { grant: command.grant }),
    ...(command.reuse === undefined ? {} : { reuse: command.reuse }),
    ...(command.tasksEnv === undefined ? {} : { tasks_env: command.tasksEnv }),
  })
  checkpointAtStart(decision)
  receiveAtStart(decision, signals, command.by ?? '')
  const token = decision.emit({ type: 'token_created', node: plan.definition.start })
  if (mayBegin(decision)) decision.enter(token)
  return applied
}

/** What was out is ordered anew under this run's keys; what was ready goes on. */
export function fork(decision: Decision, command: CommandOf<'fork'>): Outcome {
  const { state } = decision
  if (state.definition !== '') return duplicate
  const { from, record, definition, retry } = command
  const fork = { from, record, definition, state: command.state }
  decision.emit({ type: 'run_forked', ...fork, ...(retry === undefined ? {} : { retry }) })
  if (!mayBegin(decision)) return applied
  for (const token of [...state.tokens.values()]) {
    if (token.wait === 'task') redispatch(decision, token)
    else if (token.wait === 'ready') decision.enter(token.id)
  }
  return wake(decision)
}

export function migrate(decision: Decision, { definition }: CommandOf<'migrate'>): Outcome {
  const { state } = decision
  if (definition === state.definition) return duplicate
  decision.emit({ type: 'run_migrated', definition, from: state.definition })
  decision.migrates = true
  return applied
}
