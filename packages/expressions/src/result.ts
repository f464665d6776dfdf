import { toBase64 } from './bytes.ts'
import { Duration } from './duration.ts'
import { Failure, failed, type Site } from './failure.ts'
import type { Json } from './json.ts'
import { isMap, kindOf } from './kind.ts'
import { Optional } from './optional.ts'
import type { Run } from './run.ts'
import { Timestamp } from './timestamp.ts'

/** Measures a computed value and vouches that it is JSON. Shared parts count each time: that is what writing it costs. */
export function toResult(value: unknown, run: Run, site: Site): Json {
  if (value instanceof Optional) return value.value === undefined ? null : toResult(value.value, run, site)
  const measure = new Measure(run, site)
  measure.visit(value, 0)
  return measure.special ? plain(value) : (value as Json)
}

/** Timestamps, durations and bytes have the JSON form that protobuf gives them: RFC 3339, `1.5s`, base64. */
function isWritten(value: unknown): value is Timestamp | Duration | Uint8Array {
  return value instanceof Timestamp || value instanceof Duration || value instanceof Uint8Array
}

function plain(value: unknown): Json {
  if (value instanceof Uint8Array) return toBase64(value)
  if (isWritten(value)) return value.toString()
  if (Array.isArray(value)) return value.map(plain)
  if (!isMap(value)) return value as Json
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
}

class Measure {
  readonly #run: Run
  readonly #site: Site
  #left: number
  /** Something is no JSON and has to be written as such. */
  special = false

  constructor(run: Run, site: Site) {
    this.#run = run
    this.#site = site
    this.#left = run.limits.size
  }

  visit(value: unknown, depth: number): void {
    if (typeof value === 'string') this.#take(value.length)
    else if (Array.isArray(value)) {
      this.#take(value.length)
      const below = this.#run.descend(depth, this.#site)
      for (const item of value) this.visit(item, below)
    } else if (isWritten(value)) {
      this.special = true
      this.#take(value instanceof Uint8Array ? value.length * 2 : 32)
    } else if (isMap(value)) {
      const below = this.#run.descend(depth, this.#site)
      for (const key of Object.keys(value)) {
        this.#take(1 + key.length)
        this.visit(value[key], below)
      }
    } else if (typeof value === 'number' ? !Number.isFinite(value) : value !== null && typeof value !== 'boolean') {
      throw failed(this.#site, () => `the result is not JSON: it has a ${kindOf(value)}`)
    }
  }

  #take(units: number): void {
    this.#left -= units
    if (this.#left < 0) {
      const limit = this.#run.limits.size
      throw new Failure('limit_exceeded', this.#site, () => `its result is larger than ${limit} units`)
    }
  }
}
