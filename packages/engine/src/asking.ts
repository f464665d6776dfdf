/**
 * Asking people: an `ask` waits for an answer, until its time is up.
 *
 * Owns: who may answer what, and what follows. Does not own: what of a question is in the state (questions.ts).
 * An answer is bound to what was shown: one that names another digest is void. A second answer is a duplicate.
 */
import { digestJson } from '@wonder/crypto'
import { WonderError } from '@wonder/errors'
import type { Decision } from './decision.ts'
import { durationOf } from './duration.ts'
import type { Command, RunEvent } from './events.ts'
import type { Json } from './json.ts'
import { measure } from './measure.ts'
import { applied, duplicate, type Outcome, refused } from './outcome.ts'
import type { PlanNode } from './plan.ts'
import { questionOf } from './questions.ts'
import { afterFailure, failNode, goOn, leave, nodeOf } from './routing.ts'
import type { Token } from './run-state.ts'
import { afterDeadline } from './signals.ts'

type Answer = Extract<Command, { kind: 'answer' }>

/** UTF-16 units of the text of a question. */
const longestText = 20_000

/** The token has come to an `ask`. */
export function ask(decision: Decision, token: Token, node: PlanNode): void {
  const { does } = node.def
  const question = decision.compute(() => {
    const context = decision.context(token.frame, token)
    const { text, shows, role, expires } = node.parts
    return {
      text: textOf(text?.(context) ?? null, node),
      ...(shows === undefined ? {} : { shows: decision.compact(shows(context)) }),
      ...(role === undefined ? {} : { role: roleOf(role(context), node) }),
      ...(expires === undefined ? {} : { expiresAt: expiryOf(decision, expires(context), node) }),
    }
  })
  if (!question.ok) return failNode(decision, token, question.error)
  const answers = does.kind === 'ask' && does.answers !== undefined ? { answers: does.answers } : {}
  askPerson(decision, token, { ...question.value, ...answers })
}

/** What a person is asked. `expiresAt`: epoch ms. `checkpoint`: the node has its value, and waits only to go on. */
export type Question = Pick<
  Extract<RunEvent, { type: 'question_asked' }>,
  'text' | 'shows' | 'answers' | 'role' | 'checkpoint'
> & {
  readonly expiresAt?: number
}

/** The token waits for an answer; with an approval it goes on from its node, a rejection fails it. */
export function askPerson(decision: Decision, token: Token, question: Question): void {
  const { text, shows, expiresAt, ...others } = question
  const bound = { text, ...(shows === undefined ? {} : { shows }) }
  const expires = expiresAt === undefined ? {} : { expires_at: expiresAt }
  decision.emit({ type: 'question_asked', token: token.id, ...bound, digest: digestJson(bound), ...others, ...expires })
}

/** A person answers. */
export function answer(decision: Decision, command: Answer): Outcome {
  if (isAnswered(decision, command)) return duplicate
  const found = questionFor(decision, command)
  if (found instanceof WonderError) return refused(found)
  const problem = problemWith(decision, found, command)
  if (problem !== null) return refused(problem)
  const given = answersOf(decision, found, command)
  if (given instanceof WonderError) return refused(given)
  const { reason, by = '' } = command
  const { checkpoint } = questionOf(found)
  decision.emit({
    type: 'question_answered',
    token: found.id,
    decision: decisions[command.decision],
    ...(given === null ? {} : { answers: decision.compact(given) }),
    ...(reason === undefined ? {} : { reason }),
    by,
  })
  if (command.decision === 'reject') afterFailure(decision, found)
  else if (checkpoint) leave(decision, found)
  else goOn(decision, found)
  return applied
}

const decisions = { approve: 'approved', answer: 'answered', reject: 'rejected' } as const

/** The question was answered before, by whomever. */
export function isAnswered(decision: Decision, { question, task }: Answer): boolean {
  const { closed = [] } = decision.state.questions ?? {}
  if (question !== undefined) return closed.some(({ id, how }) => id === question && how === 'answered')
  if (task === undefined || closed.findLast((one) => one.task === task)?.how !== 'answered') return false
  return openQuestions(decision).every((open) => open.task !== task)
}

function openQuestions({
  state,
  plan,
}: Decision): readonly { readonly id: string; readonly token: Token; readonly task: string }[] {
  return [...(state.questions?.open ?? [])].flatMap(([id, name]) => {
    const token = state.tokens.get(name)
    return token === undefined ? [] : [{ id, token, task: plan.nodes[token.node]?.ref ?? '' }]
  })
}

/** Nobody answered in time. */
export function questionExpired(decision: Decision, token: Token): void {
  const node = nodeOf(decision, token)
  const { secondRole: role, secondExpires: expires } = node.parts
  if (role === undefined || questionOf(token).escalated) {
    decision.emit({ type: 'question_expired', token: token.id })
    return afterDeadline(decision, token)
  }
  const second = decision.compute(() => {
    const context = decision.context(token.frame, token)
    const expiresAt = expires === undefined ? {} : { expires_at: expiryOf(decision, expires(context), node) }
    return { role: roleOf(role(context), node), ...expiresAt }
  })
  if (!second.ok) return failNode(decision, token, second.error)
  decision.emit({ type: 'question_escalated', token: token.id, ...second.value })
}

/** The token that asks the question that is meant. */
function questionFor(decision: Decision, { question, task }: Answer): Token | WonderError {
  const { questions, run } = decision.state
  if (question !== undefined) {
    const token = decision.state.tokens.get(questions?.open.get(question) ?? '')
    if (token !== undefined) return token
  }
  const open = openQuestions(decision)
  const meant = question === undefined ? open.filter((one) => task === undefined || one.task === task) : []
  const [found, second] = meant
  if (found !== undefined && second === undefined) return found.token
  const listed = open.slice(0, 20).map(({ id, task: asking }) => ({ question: id, task: asking }))
  const names = listed.map((one) => `${one.question} of "${one.task}"`).join(', ')
  const hint = names === '' ? 'it asks nothing' : `it asks ${names}`
  const named = question === undefined ? (task === undefined ? '' : ` of task "${task}"`) : ` "${question}"`
  const details = { open: listed }
  if (second !== undefined) {
    const message = `Cannot answer one question${named} of run "${run}" without its name: ${hint}`
    return new WonderError('ambiguous_question', message, { details })
  }
  const message = `Cannot answer the question${named} of run "${run}": `
  const expired = questions?.closed.some(({ id, how }) => id === question && how === 'expired') === true
  return expired
    ? new WonderError('question_expired', `${message}its time is up`, { details })
    : new WonderError('unknown_question', `${message}${hint}`, { details })
}

function problemWith(decision: Decision, token: Token, { digest, roles }: Answer): WonderError | null {
  const asked = questionOf(token)
  const what = `Cannot answer the question of "${nodeOf(decision, token).ref}"`
  if (digest !== undefined && digest !== asked.digest) {
    return new WonderError('approval_void', `${what}: what was shown is not what is asked now; look at it again`, {
      details: { question: asked.id, digest: asked.digest },
    })
  }
  if (asked.role !== null && !roles.includes(asked.role)) {
    const have = roles.length === 0 ? 'no role was given' : `given: ${roles.join(', ')}`
    return new WonderError('wrong_role', `${what}: it is for the role "${asked.role}", ${have}`, {
      details: { question: asked.id, role: asked.role },
    })
  }
  if (token.dueAt !== 0 && token.dueAt <= decision.time) {
    return new WonderError('question_expired', `${what}: its time is up`, { details: { question: asked.id } })
  }
  return null
}

/** With defaults; null: the question has no fields, or is rejected. */
function answersOf(decision: Decision, token: Token, command: Answer): Json | WonderError | null {
  if (command.decision === 'reject') return null
  const { answers: schema, ref } = nodeOf(decision, token)
  const { answers = {} } = command
  const what = `Cannot answer the question of "${ref}"`
  if (schema === null || questionOf(token).checkpoint) {
    const isEmpty = typeof answers === 'object' && answers !== null && Object.keys(answers).length === 0
    if (command.decision === 'approve' && isEmpty) return null
    return new WonderError('invalid_answers', `${what}: it has no fields, approve or reject it`)
  }
  const json = decision.compute(() => measure(answers))
  if (!json.ok) return new WonderError('invalid_answers', `${what}: ${json.error.message}`)
  const checked = schema.check(answers, { applyDefaults: true })
  if (checked.ok) return (checked.value ?? answers) as Json
  const problems = checked.errors.map(({ path, code, message }) => ({ path, code, message }))
  const listed = problems.map(({ path, message }) => `${path === '' ? 'answers' : path}: ${message}`).join('; ')
  return new WonderError('invalid_answers', `${what}: ${listed}`, { details: { problems } })
}

function textOf(value: Json, { ref }: PlanNode): string {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof text === 'string' && text !== '' && text.length <= longestText) return text
  throw new WonderError(
    'invalid_value',
    `Task "${ref}" asks with a text of 1 to ${longestText} characters, and it is ${JSON.stringify(value).slice(0, 80)}`,
  )
}

function roleOf(value: Json, { ref }: PlanNode): string {
  if (typeof value === 'string' && value !== '' && value.length <= 200) return value
  throw new WonderError(
    'invalid_value',
    `Task "${ref}" needs the name of a role, and it is ${JSON.stringify(value).slice(0, 80)}`,
  )
}

function expiryOf({ time }: Decision, value: Json, { ref }: PlanNode): number {
  return time + durationOf(value, `answer to "${ref}"`)
}
