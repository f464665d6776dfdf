/**
 * Questions to people in a run's state.
 *
 * Owns: which are open, which were closed lately, and their fold. Asking and answering: asking.ts.
 */
import { type ErrorBody, InvariantError } from '@wonder/errors'
import type { EventId, EventOf } from './events.ts'
import type { Fold } from './fold.ts'
import type { RunState, Token } from './run-state.ts'
import type { QuestionSubject } from './subject.ts'

/** How a question was closed, and of which task it was. */
export type ClosedQuestion = { readonly id: EventId; readonly task: string; readonly how: 'answered' | 'expired' }

export type Questions = {
  /** The token that waits for the answer; follows from the tokens. */
  readonly open: Map<EventId, EventId>
  /** The last ones, so that a second answer is known as one. */
  closed: readonly ClosedQuestion[]
}

const mostClosed = 256

export function foldAsked(fold: Fold, event: EventOf<'question_asked'>, id: EventId): void {
  const token = fold.token(event.token)
  const { digest, role = null, checkpoint = false } = event
  const subject: QuestionSubject = { kind: 'question', id, digest, role, escalated: false, checkpoint }
  fold.waitFor(token, 'answer', { subject, dueAt: event.expires_at ?? 0 })
  fold.changes.add(questionsOf(fold).open, id, token.id)
}

export function foldEscalated(fold: Fold, event: EventOf<'question_escalated'>): void {
  const token = fold.token(event.token)
  const subject: QuestionSubject = { ...questionOf(token), role: event.role, escalated: true }
  fold.waitFor(token, 'answer', { subject, dueAt: event.expires_at ?? 0 })
}

export function foldAnswered(fold: Fold, event: EventOf<'question_answered'>): void {
  const token = fold.token(event.token)
  const { checkpoint } = questionOf(token)
  const { decision, by } = event
  close(fold, token, 'answered')
  if (decision === 'rejected') {
    fold.settle(token, { status: 'failed', output: null, error: rejection(event) })
  } else if (checkpoint) fold.wait(token, 'ready')
  else {
    const output = { decision, answers: event.answers ?? {}, by, at: new Date(fold.time).toISOString() }
    fold.settle(token, { status: 'completed', output }, token.node)
  }
}

export function foldQuestionExpired(fold: Fold, event: EventOf<'question_expired'>): void {
  const token = fold.token(event.token)
  const task = close(fold, token, 'expired')
  fold.settle(token, { status: 'failed', output: null, error: expiry(task) })
}

/** Why a node failed whose question was rejected. */
export function rejection({ by, reason }: Pick<EventOf<'question_answered'>, 'by' | 'reason'>): ErrorBody {
  return {
    code: 'rejected',
    message: `${by === '' ? 'Somebody' : by} rejected it${reason === undefined ? '' : `: ${reason}`}`,
    retry: 'never',
    details: { by, ...(reason === undefined ? {} : { reason }) },
  }
}

/** Why a node failed that nobody answered. */
export function expiry(task: string): ErrorBody {
  return { code: 'question_expired', message: `Nobody answered the question of "${task}" in time`, retry: 'never' }
}

/** The token waits for no answer any more. */
export function stopsAsking(fold: Fold, { subject }: Token): void {
  const open = fold.state.questions?.open
  if (subject?.kind === 'question' && open !== undefined) fold.changes.remove(open, subject.id)
}

export function decodeQuestions(closed: readonly ClosedQuestion[]): Questions {
  return { open: new Map(), closed }
}

/** Finds the open questions again, once the tokens are there. */
export function indexQuestions(state: RunState): void {
  for (const { id, wait, subject } of state.tokens.values()) {
    if (wait !== 'answer' || subject?.kind !== 'question') continue
    state.questions ??= decodeQuestions([])
    state.questions.open.set(subject.id, id)
  }
}

/** What the token asks. */
export function questionOf({ id, subject }: Token): QuestionSubject {
  if (subject?.kind === 'question') return subject
  throw new InvariantError('K4', `token "${id}" asks nothing`)
}

function close(fold: Fold, token: Token, how: ClosedQuestion['how']): string {
  const { changes, plan } = fold
  const questions = questionsOf(fold)
  const task = plan.nodes[token.node]?.ref ?? ''
  const closed = [...questions.closed.slice(-mostClosed + 1), { id: questionOf(token).id, task, how }]
  changes.set(questions, 'closed', closed)
  return task
}

function questionsOf(fold: Fold): Questions {
  const { state, changes } = fold
  if (state.questions !== null) return state.questions
  const questions = decodeQuestions([])
  changes.set(state, 'questions', questions)
  return questions
}
