import type { Kind } from './value-type.ts'

/** What a function takes, its receiver first, and gives. `undefined`: anything, or what depends on its arguments. */
export type Signature = {
  readonly takes: readonly (readonly Kind[] | undefined)[]
  readonly gives: readonly Kind[] | undefined
}

const text: readonly Kind[] = ['string']
const number: readonly Kind[] = ['number']
const bool: readonly Kind[] = ['bool']
const list: readonly Kind[] = ['list']
const any = undefined

const sig = (takes: Signature['takes'], gives: Signature['gives']): Signature => ({ takes, gives })

/** Called as `f(x)`. */
export const functionSignatures: Readonly<Record<string, Signature>> = {
  size: sig([['string', 'bytes', 'list', 'map']], number),
  type: sig([any], text),
  dyn: sig([any], any),
  string: sig([['string', 'number', 'bool', 'bytes', 'timestamp', 'duration']], text),
  int: sig([['number', 'string', 'timestamp']], number),
  double: sig([['number', 'string']], number),
  bool: sig([['bool', 'string']], bool),
  bytes: sig([['bytes', 'string']], ['bytes']),
  matches: sig([text, text], bool),
  timestamp: sig([['string', 'number', 'timestamp']], ['timestamp']),
  duration: sig([['string', 'duration']], ['duration']),
  now: sig([], ['timestamp']),
}

const clock: readonly Kind[] = ['timestamp', 'duration']

/** Called as `x.f()`. */
export const methodSignatures: Readonly<Record<string, Signature>> = {
  size: sig([['string', 'bytes', 'list', 'map']], number),
  contains: sig([text, text], bool),
  startsWith: sig([text, text], bool),
  endsWith: sig([text, text], bool),
  matches: sig([text, text], bool),
  lowerAscii: sig([text], text),
  upperAscii: sig([text], text),
  trim: sig([text], text),
  split: sig([text, text, number], list),
  join: sig([list, text], text),
  replace: sig([text, text, text, number], text),
  substring: sig([text, number, number], text),
  charAt: sig([text, number], text),
  indexOf: sig([text, text, number], number),
  lastIndexOf: sig([text, text, number], number),
  format: sig([text, list], text),
  first: sig([list], ['optional']),
  last: sig([list], ['optional']),
  slice: sig([list, number, number], list),
  reverse: sig([['list', 'string']], any),
  sort: sig([list], list),
  distinct: sig([list], list),
  flatten: sig([list, number], list),
  orValue: sig([['optional'], any], any),
  or: sig([['optional'], ['optional']], ['optional']),
  hasValue: sig([['optional']], bool),
  value: sig([['optional']], any),
  getFullYear: sig([['timestamp'], text], number),
  getMonth: sig([['timestamp'], text], number),
  getDate: sig([['timestamp'], text], number),
  getDayOfMonth: sig([['timestamp'], text], number),
  getDayOfWeek: sig([['timestamp'], text], number),
  getDayOfYear: sig([['timestamp'], text], number),
  getHours: sig([clock, text], number),
  getMinutes: sig([clock, text], number),
  getSeconds: sig([clock, text], number),
  getMilliseconds: sig([clock, text], number),
}

/** Called as `math.max(…)`. */
export const namespaceSignatures: Readonly<Record<string, Readonly<Record<string, Signature>>>> = {
  sets: {
    contains: sig([list, list], bool),
    equivalent: sig([list, list], bool),
    intersects: sig([list, list], bool),
  },
  base64: { encode: sig([['bytes', 'string']], text), decode: sig([text], ['bytes']) },
  strings: { quote: sig([text], text) },
  lists: { range: sig([number], list) },
  optional: {
    none: sig([], ['optional']),
    of: sig([any], ['optional']),
    ofNonZeroValue: sig([any], ['optional']),
  },
}
