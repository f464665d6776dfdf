import type { CommandBody } from '@wonder/engine'
import type { Notice } from '@wonder/platform'

/** What a run is told when the limits service has news for one of its holders. */
export function noticeCommand({ what, of, key, holder: { request } }: Notice): CommandBody {
  if (of === 'reservation') return { kind: 'grant_reservation', request }
  if (what === 'granted') return { kind: 'grant_permit', request }
  if (request !== '') return { kind: 'cancel_task', request }
  return { kind: 'cancel', reason: `A younger run took the place of this one at the key "${key}"` }
}
