import { nearest, WonderError } from '@wonder/errors'
import type { Json } from './json.ts'

export type Path = readonly (string | number)[]

/** As it is written: `tasks.files.output.paths[0]`. */
export function formatPath(path: Path): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('')
}

/**
 * Follows a path through own properties, from `from` on.
 *
 * @throws WonderError `missing_reference` that names the nearest key
 */
export function readPath(value: Json | undefined, path: Path, from: number): Json {
  let at = value
  for (let i = from; i < path.length; i++) {
    const step = path[i] as string | number
    at = member(at, step) ?? missing(at, path, i)
  }
  return at === undefined ? missing(undefined, path, from) : at
}

/** The own member of a list or an object; null stays null, undefined means that there is none. */
export function member(value: Json | undefined, step: string | number): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) {
    const index = typeof step === 'number' ? step : Number(step)
    return Number.isInteger(index) && index >= 0 ? (value[index] as Json | undefined) : undefined
  }
  return Object.hasOwn(value, step) ? (value as { readonly [key: string]: Json })[step] : undefined
}

function missing(holder: Json | undefined, path: Path, at: number): Json {
  // A null on the way is a value of its own: only what lies below it is missing.
  if (holder !== undefined && at < path.length && member(holder, path[at] as string) === null) return null
  const step = path[at]
  const where = formatPath(path.slice(0, at))
  const near =
    typeof holder === 'object' && holder !== null && !Array.isArray(holder)
      ? nearest(String(step), Object.keys(holder))
      : undefined
  const reason =
    holder === undefined || where === ''
      ? `there is no "${formatPath(path.slice(0, at + 1))}"`
      : holder === null
        ? `"${where}" is null`
        : typeof holder !== 'object'
          ? `"${where}" is a ${typeof holder} and has no "${step}"`
          : Array.isArray(holder)
            ? `"${where}" has ${holder.length} items and none at ${JSON.stringify(step)}`
            : `"${where}" has no "${step}"`
  throw new WonderError(
    'missing_reference',
    `Cannot read "${formatPath(path)}": ${reason}${near === undefined ? '' : `; did you mean "${near}"?`}`,
    { details: { path: formatPath(path), ...(near === undefined ? {} : { nearest: near }) } },
  )
}
