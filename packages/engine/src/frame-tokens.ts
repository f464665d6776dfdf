/**
 * The live tokens of a frame, in the order of their making. Almost every branch has one, which stands in the frame; a map
 * is made for those that come while there is one.
 */
import type { Changes } from './changes.ts'
import type { Frame, Token } from './run-state.ts'

export function addToken(changes: Changes, frame: Frame, token: Token): void {
  const { others } = frame
  if (frame.token === null && (others === null || others.size === 0)) changes.set(frame, 'token', token)
  else if (others === null) changes.set(frame, 'others', new Map([[token.id, token]]))
  else changes.add(others, token.id, token)
}

export function removeToken(changes: Changes, frame: Frame, token: Token): void {
  if (frame.token === token) changes.set(frame, 'token', null)
  else if (frame.others !== null) changes.remove(frame.others, token.id)
}

/** As they are now: they may be removed while they are gone through. */
export function tokensOf({ token, others }: Frame): readonly Token[] {
  if (others === null || others.size === 0) return token === null ? noTokens : [token]
  return token === null ? [...others.values()] : [token, ...others.values()]
}

/** Whether a token or a fan-out is live directly in the frame. */
export function isLive({ token, others, fanouts }: Frame): boolean {
  return token !== null || (others !== null && others.size > 0) || (fanouts !== null && fanouts.size > 0)
}

const noTokens: readonly Token[] = []
