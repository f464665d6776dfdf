import type { NodeDef } from '@wonder/engine'

/** A way that is taken when a node did not do what it should, or is to be undone. */
export type Detour = { readonly to: string; readonly id: string; readonly label: string }

export function detoursOf({ ref, does, onError, compensate }: NodeDef): readonly Detour[] {
  const late = does.kind === 'wait' ? does.onTimeout : does.kind === 'ask' ? does.onExpiry : undefined
  return [
    ...(typeof onError === 'object' ? [{ to: onError.to, id: `${ref} fails`, label: 'on error' }] : []),
    ...(typeof late === 'object' && 'to' in late ? [{ to: late.to, id: `${ref} is late`, label: 'too late' }] : []),
    ...(compensate === undefined ? [] : [{ to: compensate, id: `${ref} is undone`, label: 'to undo it' }]),
  ]
}
