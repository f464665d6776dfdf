import type { ErrorCode } from '@wonder/errors'

/**
 * The form of a part of a file. One description serves both the check of what was written and the JSON Schemas
 * for editors, so the two cannot differ.
 */
export type Shape =
  | { readonly is: 'text'; readonly form?: TextForm; readonly words?: readonly string[] }
  | { readonly is: 'number'; readonly integer?: boolean; readonly min?: number; readonly max?: number }
  | { readonly is: 'boolean' }
  /** A value: any YAML, texts may be templates. */
  | { readonly is: 'value' }
  | { readonly is: 'list'; readonly of: Shape; readonly some?: boolean }
  | { readonly is: 'map'; readonly of: Shape }
  | ObjectShape
  /** One of several that differ in being a scalar, a list or a map. */
  | { readonly is: 'either'; readonly of: readonly Shape[] }
  /** `some`: it cannot be empty. */
  | { readonly is: 'tasks'; readonly some?: boolean }
  | { readonly is: 'steps' }
  /** One thing that an executor does, without an id. */
  | { readonly is: 'work' }

export type ObjectShape = {
  readonly is: 'object'
  /** What it is called in messages: `a workflow`. */
  readonly name: string
  readonly fields: { readonly [name: string]: Field }
  /** The field that a value which is no map was meant for. */
  readonly short?: string
  /** Words of other tools: what to write instead. */
  readonly habits?: Habits
}

export type Field = {
  readonly shape: Shape
  readonly doc: string
  readonly required?: boolean
  /** Told where a required field is missing, instead of `missing_field`. */
  readonly missing?: ErrorCode
  /** Fields that take its place. */
  readonly unless?: readonly string[]
  /** Known, but not built: `error` refuses it, `warning` passes over it. */
  readonly later?: 'error' | 'warning'
}

export type Habits = { readonly [word: string]: string }

/** What a text must be, beyond being a text. */
export type TextForm = 'some' | 'host' | 'id' | 'duration' | 'limit' | 'time' | 'size' | 'cel' | 'secret'

export const text: Shape = { is: 'text' }
/** A text that says something. */
export const someText: Shape = { is: 'text', form: 'some' }
export const id: Shape = { is: 'text', form: 'id' }
export const duration: Shape = { is: 'text', form: 'duration' }
/** A duration in which something can be done. */
export const limit: Shape = { is: 'text', form: 'limit' }
/** A duration, or a template that gives one. */
export const time: Shape = { is: 'text', form: 'time' }
export const cel: Shape = { is: 'text', form: 'cel' }
export const value: Shape = { is: 'value' }
export const boolean: Shape = { is: 'boolean' }
export const whole: Shape = { is: 'number', integer: true, min: 0 }
export const count: Shape = { is: 'number', integer: true, min: 1 }
export const hosts: Shape = { is: 'list', of: { is: 'text', form: 'host' } }
export const texts: Shape = { is: 'list', of: text }
export const values: Shape = { is: 'map', of: value }
export const scalars: Shape = { is: 'map', of: { is: 'either', of: [text, { is: 'number' }, boolean] } }
export const tasks: Shape = { is: 'tasks', some: true }
export const maybeTasks: Shape = { is: 'tasks' }

export function words(...list: readonly string[]): Shape {
  return { is: 'text', words: list }
}

export const TEXT_FORMS: { readonly [form in TextForm]: { readonly pattern: string; readonly example: string } } = {
  some: { pattern: '\\S', example: 'a text with something in it' },
  host: {
    pattern: '^(\\*|(\\*\\.)?[^\\s/:*@?#[\\]]+|\\[[\\da-fA-F:.]+\\])(:\\d+)?$',
    example: 'a host such as api.example.com, *.example.com or localhost:3000',
  },
  id: { pattern: '^[a-z][a-z0-9_]*$', example: 'small letters, digits and _, beginning with a letter' },
  duration: { pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$', example: 'a duration such as 250ms, 1s, 5m, 2h or 3d' },
  limit: {
    pattern: '^(0*[1-9]\\d*(\\.\\d+)?|0+\\.\\d*[1-9]\\d*)(ms|s|m|h|d)$',
    example: 'a duration such as 250ms, 1s, 5m, 2h or 3d',
  },
  time: {
    pattern: '\\{\\{|^\\d+(\\.\\d+)?(ms|s|m|h|d)$',
    example: 'a duration such as 250ms, 1s, 5m, 2h or 3d, or {{ … }}',
  },
  size: { pattern: '^\\d+(\\.\\d+)?(B|KB|MB|GB)$', example: 'a size such as 10MB' },
  cel: { pattern: '', example: 'a CEL expression' },
  secret: { pattern: '^[A-Za-z_][A-Za-z0-9_]*\\??$', example: 'a name, followed by ? when it may be missing' },
}
