import type { Definition, NodeDef } from '@wonder/engine'
import { expressionText, timeText } from './expression-text.ts'

/** Where a run waits for something outside of it. Texts are as they are written; durations are in words. */
export type TaskWait = {
  readonly task: string
  readonly kind: 'sleep' | 'wait' | 'ask' | 'workflow' | 'checkpoint'
  /** How long, which signal, what is asked, which workflow. */
  readonly what: string
  /** Who may answer; null: anybody. */
  readonly role: string | null
  /** Longest wait; null: none. */
  readonly at_most: string | null
  /** What follows then; null where nothing has been said: it fails. */
  readonly afterwards: string | null
}

export function workflowWaits({ nodes }: Definition): readonly TaskWait[] {
  return nodes.flatMap((node) => [...waitOf(node), ...decisionOf(node)])
}

function waitOf({ ref: task, does }: NodeDef): readonly TaskWait[] {
  const none = { role: null, at_most: null, afterwards: null }
  switch (does.kind) {
    case 'sleep': {
      const what = does.until === undefined ? `for ${timeText(does.for)}` : `until ${timeText(does.until)}`
      return [{ task, kind: 'sleep', what, ...none }]
    }
    case 'wait': {
      const limit = {
        at_most: does.timeout === undefined ? null : timeText(does.timeout),
        afterwards: after(does.onTimeout),
      }
      return [{ task, kind: 'wait', what: expressionText(does.signal), ...none, ...limit }]
    }
    case 'ask': {
      const { onExpiry } = does
      const second =
        typeof onExpiry === 'object' && 'role' in onExpiry
          ? `${expressionText(onExpiry.role)} is asked`
          : after(onExpiry)
      return [
        {
          task,
          kind: 'ask',
          what: expressionText(does.text),
          role: does.role === undefined ? null : expressionText(does.role),
          at_most: does.expires === undefined ? null : timeText(does.expires),
          afterwards: second,
        },
      ]
    }
    case 'workflow': {
      if (does.detached === true) return []
      const limit = does.timeout === undefined ? null : timeText({ lit: does.timeout })
      return [{ task, kind: 'workflow', what: does.workflow, ...none, at_most: limit }]
    }
    default:
      return []
  }
}

function decisionOf({ ref: task, checkpoint }: NodeDef): readonly TaskWait[] {
  if (checkpoint?.type !== 'decision-needed') return []
  const role = checkpoint.role === undefined ? null : expressionText(checkpoint.role)
  return [{ task, kind: 'checkpoint', what: expressionText(checkpoint.summary), role, at_most: null, afterwards: null }]
}

function after(answer: 'fail' | 'continue' | { readonly to: string } | undefined): string | null {
  if (answer === undefined || answer === 'fail') return null
  return answer === 'continue' ? 'it goes on' : `${answer.to} follows`
}

/** The same for people. */
export function waitLines(waits: readonly TaskWait[]): readonly string[] {
  return waits.map(({ task, kind, what, role, at_most: most, afterwards }) => {
    const who = role === null ? 'anybody' : role
    const words = {
      sleep: `sleeps ${what}`,
      wait: `waits for the signal "${what}"`,
      ask: `asks ${who}: "${what}"`,
      workflow: `waits for the workflow ${what}`,
      checkpoint: `waits until ${who} approves: "${what}"`,
    }[kind]
    const limit = most === null ? '' : `, ${most} at most, then ${afterwards ?? 'it fails'}`
    return `${task}: ${words}${limit}`
  })
}
