import { askPerson } from './asking.ts'
import { emitCheckpoint } from './checkpoint.ts'
import type { Decision } from './decision.ts'
import type { Json } from './json.ts'
import { failNode, leave, nodeOf } from './routing.ts'
import type { Token } from './run-state.ts'

/** The token's node has its value and tells of it. One that needs a decision waits; the others go on. */
export function checkpointAt(decision: Decision, token: Token): void {
  const node = nodeOf(decision, token)
  const { checkpoint } = node.def
  if (checkpoint === undefined) return leave(decision, token)
  const said = decision.compute(() => {
    const context = decision.context(token.frame, token)
    const { summary, instructions, checkpointRole: role } = node.parts
    return {
      summary: textOf(summary?.(context)),
      instructions: instructions === undefined ? null : textOf(instructions(context)),
      role: role === undefined ? null : textOf(role(context)),
    }
  })
  if (!said.ok) return failNode(decision, token, said.error)
  const { type, reasons = [] } = checkpoint
  const { summary, role } = said.value
  const asks = type === 'decision-needed'
  const kind = checkpoint.required?.kind ?? 'approval'
  const instructions = said.value.instructions ?? (asks ? 'Approve or reject.' : null)
  if (asks) {
    const text = [summary, instructions].filter((part) => part !== null && part !== '').join('\n')
    askPerson(decision, token, { text, checkpoint: true, ...(role === null ? {} : { role }) })
  }
  emitCheckpoint(decision, {
    type,
    summary,
    reason_codes: reasons,
    ...(instructions === null ? {} : { required_action: { kind, instructions } }),
    token: token.id,
    task: node.ref,
  })
  if (!asks) leave(decision, token)
}

function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}
