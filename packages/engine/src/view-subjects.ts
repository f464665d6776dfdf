import type { JsonSchema } from '@wonder/context'
import type { EventId, RunEvent } from './events.ts'
import type { Json } from './json.ts'
import type { ViewItems } from './view-items.ts'
import type { ViewToken } from './view-tokens.ts'

/** A question that waits for a person. Times are epoch ms. */
export type OpenQuestion = {
  /** The event that asked it. */
  readonly id: EventId
  /** Id of the item that asks. */
  readonly task: string
  readonly text: string
  readonly shows?: Json
  /** Of text and shows: an answer that names it counts for nothing else. */
  readonly digest: string
  readonly answers?: JsonSchema
  /** Who may answer; absent: anybody. */
  readonly role?: string
  readonly asked: number
  /** Null: it stays open. */
  readonly expires: number | null
  /** Numbers of the branches in which it is asked, the outermost first. */
  readonly branch: readonly number[]
}

/** A wait for a signal. */
export type OpenWait = {
  readonly task: string
  readonly signal: string
  readonly since: number
  /** Epoch ms at which the wait is over; null: never. */
  readonly until: number | null
}

export function openQuestion(
  items: ViewItems,
  token: ViewToken,
  event: RunEvent & { type: 'question_asked' },
  { id, time }: { readonly id: EventId; readonly time: number },
): OpenQuestion {
  const { text, shows, digest, answers, role } = event
  const branch: number[] = []
  for (let around = token.branch; around !== null; around = around.fanout.branch) branch.unshift(around.index)
  return {
    id,
    task: items.taskAt(token.node),
    text,
    ...(shows === undefined ? {} : { shows }),
    digest,
    ...(answers === undefined ? {} : { answers }),
    ...(role === undefined ? {} : { role }),
    asked: time,
    expires: event.expires_at ?? null,
    branch,
  }
}

export function isQuestion(subject: OpenQuestion | OpenWait): subject is OpenQuestion {
  return 'digest' in subject
}

export function isWait(subject: OpenQuestion | OpenWait): subject is OpenWait {
  return 'signal' in subject
}
