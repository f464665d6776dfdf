/** Marks what stands for a value that is known only when the workflow runs. */
const mark = Symbol.for('wonder.reference')

declare const valueType: unique symbol

/** Something that will be a `T` when the workflow runs. */
export interface Marked<out T> {
  readonly [valueType]: T
}

/** What nothing is known of: it may stand anywhere, and every field may be read. */
export interface Open extends Marked<never> {
  readonly [name: string]: Open
}

/**
 * A reference to a value: its fields are references too, and as a text it is `{{ path }}`.
 *
 * @example
 * files.output.paths // {{ tasks.files.output.paths }}
 */
export type Ref<T> = [T] extends [never] ? Open : unknown extends T ? Open : Marked<T> & Inside<NonNullable<T>>

type Inside<T> = T extends readonly (infer Item)[]
  ? { readonly [index: number]: Ref<Item> }
  : T extends object
    ? { readonly [Name in keyof T]-?: Ref<T[Name]> }
    : unknown

/** What may be written where a `T` is wanted: the value, with references and computed values anywhere in it. */
export type Value<T> = Marked<T> | Literal<T>

export type Literal<T> = unknown extends T
  ? unknown
  : T extends string | number | boolean | null
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Value<Item>[]
      : T extends object
        ? { readonly [Name in keyof T]: Value<Exclude<T[Name], undefined>> }
        : never

/** The value that something written will be. A text that is a template of its own may become anything. */
export type Written<V> =
  V extends Marked<infer T>
    ? [T] extends [never]
      ? unknown
      : T
    : V extends `{{${string}`
      ? unknown
      : V extends string
        ? string
        : V extends number
          ? number
          : V extends boolean
            ? boolean
            : V extends readonly (infer Item)[]
              ? Written<Item>[]
              : V extends object
                ? { -readonly [Name in keyof V]: Written<V[Name]> }
                : V

/** A value that CEL computes. It fits wherever its type fits; without a type, everywhere. */
export interface Cel<out T = never> extends Marked<T> {
  /** The expression. */
  readonly cel: string
}

/** What decides: CEL, or a reference to what is true or false. A text is bare CEL, as in YAML. */
export type Condition = Marked<boolean> | string | boolean

/**
 * A reference by its path, for what no builder gives: `ref<string>('secrets.TOKEN')`.
 *
 * @param path as it stands between the braces
 */
export function ref<T = unknown>(path: string): Ref<T> {
  const read = (_target: object, name: string | symbol): unknown => {
    if (name === mark) return path
    if (name === 'toString' || name === 'toJSON') return () => `{{ ${path} }}`
    if (name === Symbol.toPrimitive) return () => `{{ ${path} }}`
    return typeof name === 'symbol' ? undefined : ref(`${path}${segment(name)}`)
  }
  return new Proxy({}, { get: read }) as Ref<T>
}

function segment(name: string): string {
  if (/^\d+$/.test(name)) return `[${name}]`
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}

/** Something that CEL computes, as it was made by `cel`. */
class Computed {
  readonly cel: string

  constructor(source: string) {
    this.cel = source
  }

  toString(): string {
    return `{{= ${this.cel} }}`
  }

  toJSON(): string {
    return this.toString()
  }
}

/**
 * Computes with CEL. References are written as paths, anything else as the literal that it is.
 *
 * @example
 * cel<number>`size(${files.output.paths}) + 1`
 */
export function cel<T = never>(parts: TemplateStringsArray, ...values: readonly unknown[]): Cel<T> {
  return new Computed(joined(parts, values.map(celOperand))) as Computed & Cel<T>
}

/**
 * A text with references and computed values in it.
 *
 * @example
 * text`A repository scored ${rank.output.score}.`
 */
export function text(parts: TemplateStringsArray, ...values: readonly unknown[]): string {
  return joined(
    parts,
    values.map((value) => String(value)),
  )
}

/** The value of a reference that may be missing, or what stands in for it. */
export function orValue<T, const Else extends string | number | boolean | null>(
  reference: Marked<T>,
  otherwise: Else,
): Cel<NonNullable<T> | Written<Else>> {
  const [root = '', ...rest] = (pathOf(reference) ?? '').match(/\[(?:"(?:[^"\\]|\\.)*"|\d+)\]|\.?[^.[]+/g) ?? []
  const steps = rest.map((step) => (step.startsWith('.') ? `.?${step.slice(1)}` : `[?${step.slice(1)}`))
  const source = `${root}${steps.join('')}.orValue(${JSON.stringify(otherwise)})`
  return new Computed(source) as Computed & Cel<NonNullable<T> | Written<Else>>
}

/** The path of a reference; undefined for anything else. */
function pathOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const path: unknown = Reflect.get(value, mark)
  return typeof path === 'string' ? path : undefined
}

/** What stands in a document for a reference or something computed; undefined for anything else. */
export function templateOf(value: unknown): string | undefined {
  const path = pathOf(value)
  if (path !== undefined) return `{{ ${path} }}`
  return value instanceof Computed ? value.toString() : undefined
}

/** The same where CEL stands bare: in `if`, `until`, `filter` and `route`. */
export function bareCel(value: unknown): unknown {
  return value instanceof Computed ? value.cel : (pathOf(value) ?? value)
}

function celOperand(value: unknown): string {
  if (value instanceof Computed) return `(${value.cel})`
  return pathOf(value) ?? JSON.stringify(value)
}

function joined(parts: TemplateStringsArray, values: readonly string[]): string {
  return parts.map((part, index) => `${part}${values[index] ?? ''}`).join('')
}
