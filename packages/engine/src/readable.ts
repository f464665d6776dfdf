import type { ErrorBody } from '@wonder/errors'
import type { Json } from './json.ts'
import type { TaskValue } from './run-state.ts'

/** What a task has come to, or its error, as expressions read it: both are JSON, made of what commands and events brought. */
export function readable(value: TaskValue | ErrorBody): Json
export function readable(value: TaskValue | ErrorBody | undefined): Json | undefined
export function readable(value: object | undefined): Json | undefined {
  return value as Json | undefined
}
