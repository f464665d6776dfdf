import { WonderError } from '@wonder/errors'
import type { Json, JsonObject } from '@wonder/platform'
import type { Action } from '../action.ts'
import { ConfigReader } from '../config-reader.ts'

type State = { [key: string]: Json }

/** `{values: {path: value}}` → `{}`. Changes the state of the attempt; a path is dotted. */
export const setAction: Action = {
  kind: 'set',
  run(config, { state }) {
    for (const [path, value] of Object.entries(new ConfigReader('set', config).object('values'))) {
      setPath(state, path, value)
    }
    return {}
  },
}

function setPath(state: State, path: string, value: Json): void {
  const keys = path.split('.')
  if (keys.some((key) => key === '' || key === '__proto__')) {
    throw new WonderError('invalid_value', `Cannot set "${path}": it is not a path of names and dots`)
  }
  const last = keys.pop() as string
  let holder = state
  for (const key of keys) {
    const member = Object.hasOwn(holder, key) ? holder[key] : undefined
    // A copy, for the member may be shared with a value of the scope.
    const copy: State =
      typeof member === 'object' && member !== null && !Array.isArray(member) ? { ...(member as JsonObject) } : {}
    holder[key] = copy
    holder = copy
  }
  holder[last] = value
}
