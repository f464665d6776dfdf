/**
 * A tool of a project: one TypeScript file whose default export is `tool({...})`.
 *
 * This file is copied into the bundle of each tool, so it has no imports and hardly any code: what it holds is types.
 */

/** Marks what `tool()` made; the runtime of tools looks for it. Durable: bundles that are cached carry it. */
const brand = Symbol.for('wonder.tool')

/** A schema of zod, valibot, arktype and others: https://standardschema.dev. */
export type StandardSchema<Input = unknown, Output = Input> = {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => unknown
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** A JSON Schema, written out or made by TypeBox. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** `{ name: 'string', limit: 'integer = 20' }`; a field is a short text or a JSON Schema. */
export type Fields = { readonly [name: string]: string | JsonSchema }

/** Fields, a whole schema under `$schema`, or a Standard Schema. */
export type ToolSchema = Fields | { readonly $schema: object } | StandardSchema

type NoFields = Record<never, string>

/** What the tool may reach: paths, hosts, names of variables and of programs. Nothing else, and nothing by default. */
export type Permissions = {
  /** Files and folders; a template over the input is allowed: `'{{ input.repository }}'`. */
  readonly read?: readonly string[]
  readonly write?: readonly string[]
  /** `host` or `host:port`. */
  readonly net?: readonly string[]
  readonly env?: readonly string[]
  /** Programs. One that runs has all the rights of the user, so list it with care. */
  readonly run?: readonly string[]
}

/** Writes a line to the log of the run. */
export type ToolLog = {
  (...parts: unknown[]): void
  debug(...parts: unknown[]): void
  info(...parts: unknown[]): void
  warn(...parts: unknown[]): void
  error(...parts: unknown[]): void
}

export type ToolContext = {
  readonly log: ToolLog
  /** Aborted when the task is cancelled or out of time. */
  readonly signal: AbortSignal
  /** The same for each rerun of an attempt: hand it to services that can tell a repeated request by it. */
  readonly idempotencyKey: string
}

declare const givenType: unique symbol

/** `Given`: what must be handed to the tool for its `Input`; a field with a default may be missing there. */
export type ToolDefinition<Input, Output, Given = Input> = {
  /** What it does, for people and for models that choose tools. */
  readonly description: string
  readonly input: ToolSchema
  readonly output: ToolSchema
  readonly permissions: Permissions
  readonly run: (input: Input, context: ToolContext) => Output | Promise<Output>
  /** Never there: it carries a type. */
  readonly [givenType]?: Given
}

/**
 * Defines a tool. The types of `run`'s argument and result follow from `input` and `output`.
 *
 * @example
 * export default tool({
 *   description: 'Counts the lines of one file.',
 *   input: { path: 'path', limit: 'integer = 1000' },
 *   output: { lines: 'integer' },
 *   permissions: { read: ['{{ input.path }}'] },
 *   run: async ({ path }) => ({ lines: (await Deno.readTextFile(path)).split('\n').length }),
 * })
 */
export function tool<
  const Input extends ToolSchema = NoFields,
  const Output extends ToolSchema = NoFields,
>(definition: {
  readonly description: string
  readonly input?: Input & Checked<Input>
  readonly output?: Output & Checked<Output>
  readonly permissions?: Permissions
  readonly run: (
    input: ValueOf<Input, 'input'>,
    context: ToolContext,
  ) => ValueOf<Output, 'output'> | Promise<ValueOf<Output, 'output'>>
}): ToolDefinition<ValueOf<Input, 'input'>, ValueOf<Output, 'output'>, ValueOf<Input, 'output'>> {
  const made = {
    description: definition.description,
    input: definition.input ?? {},
    output: definition.output ?? {},
    permissions: definition.permissions ?? {},
    run: definition.run,
  }
  Object.defineProperty(made, brand, { value: true })
  return Object.freeze(made)
}

/** Who has the value: `input` has its defaults filled in, `output` is what was written, where they may be missing. */
type Side = 'input' | 'output'

/** The type of the values that a schema describes. */
export type ValueOf<Schema, At extends Side = 'input'> =
  Schema extends StandardSchema<infer In, infer Out>
    ? At extends 'input'
      ? Out
      : In
    : Schema extends { readonly $schema: infer Whole extends object }
      ? FromSchema<Whole>
      : Simplify<
          {
            -readonly [Name in keyof Schema as FieldOptional<Schema[Name], At> extends true ? never : Name]: FieldValue<
              Schema[Name]
            >
          } & {
            -readonly [Name in keyof Schema as FieldOptional<Schema[Name], At> extends true
              ? Name
              : never]?: FieldValue<Schema[Name]>
          }
        >

type Simplify<T> = { [Key in keyof T]: T[Key] } & unknown

/** Makes an unknown type name a type error at the field that has it, with this text as the type that is wanted. */
type Checked<Schema> = Schema extends { readonly '~standard': object } | { readonly $schema: object }
  ? unknown
  : {
      readonly [Name in keyof Schema]: Schema[Name] extends string
        ? string extends Schema[Name]
          ? string
          : FieldValue<Schema[Name]> extends UnknownType
            ? `"${Schema[Name]}" is not a type: write string, integer, number, boolean, object, any, path, file, date, duration, "a" | "b" or one of them with []`
            : Schema[Name]
        : Schema[Name]
    }

declare const unknownType: unique symbol
type UnknownType = { readonly [unknownType]: true }

type Named = {
  string: string
  integer: number
  number: number
  boolean: boolean
  object: { [name: string]: unknown }
  // biome-ignore lint/suspicious/noExplicitAny: the field's type is named any, and is it
  any: any
  path: string
  file: string
  date: string
  duration: string
}

type Trim<Text extends string> = Text extends ` ${infer Rest}` | `${infer Rest} ` ? Trim<Rest> : Text
type WithoutNote<Text extends string> = Text extends `${infer Before} # ${string}` ? Before : Text
type WithoutDefault<Text extends string> = Text extends `${infer Before} = ${string}`
  ? Before
  : Text extends `"${string}`
    ? Text
    : Text extends `${infer Before}=${string}`
      ? Before
      : Text

/** The type with its mark `?`, without default and description. */
type Marked<Text extends string> = Trim<WithoutDefault<WithoutNote<Text>>>
type TypeText<Text extends string> = Marked<Text> extends `${infer Before}?` ? Trim<Before> : Marked<Text>
type HasDefault<Text extends string> = WithoutNote<Text> extends WithoutDefault<WithoutNote<Text>> ? false : true

type FieldOptional<Field, At extends Side> = Field extends string
  ? Marked<Field> extends `${string}?`
    ? true
    : HasDefault<Field> extends true
      ? At extends 'output'
        ? true
        : false
      : false
  : Field extends { readonly '~optional': true }
    ? true
    : Field extends { readonly default: unknown }
      ? At extends 'output'
        ? true
        : false
      : false

type FieldValue<Field> = Field extends string
  ? string extends Field
    ? unknown
    : TypeNamed<TypeText<Field>>
  : FromSchema<Field>

type TypeNamed<Text extends string> = Text extends keyof Named
  ? Named[Text]
  : Text extends `${infer Item}[]`
    ? TypeNamed<Trim<Item>>[]
    : Text extends `${infer First}|${infer Rest}`
      ? Choice<Trim<First>> | TypeNamed<Trim<Rest>>
      : Choice<Text>

type Choice<Text extends string> = Text extends `"${infer Value}"` ? Value : UnknownType

type SchemaTypes = {
  string: string
  integer: number
  number: number
  boolean: boolean
  null: null
}

/** The values of a JSON Schema, as far as its keywords tell; `unknown` beyond. TypeBox's schemas have the same keywords. */
type FromSchema<Schema> =
  Schema extends StandardSchema<infer In>
    ? In
    : Schema extends { readonly const: infer Value }
      ? Value
      : Schema extends { readonly enum: readonly (infer Value)[] }
        ? Value
        : Schema extends { readonly anyOf: readonly (infer Option)[] } | { readonly oneOf: readonly (infer Option)[] }
          ? FromSchema<Option>
          : Schema extends { readonly type: readonly (infer Type extends keyof SchemaTypes)[] }
            ? SchemaTypes[Type]
            : Schema extends { readonly type: infer Type extends keyof SchemaTypes }
              ? SchemaTypes[Type]
              : Schema extends { readonly type: 'array'; readonly items: infer Item }
                ? FromSchema<Item>[]
                : Schema extends { readonly type: 'array' }
                  ? unknown[]
                  : Schema extends { readonly type: 'object'; readonly properties: infer Properties }
                    ? Simplify<
                        {
                          -readonly [Name in keyof Properties as Name extends Required<Schema>
                            ? Name
                            : never]: FromSchema<Properties[Name]>
                        } & {
                          -readonly [Name in keyof Properties as Name extends Required<Schema>
                            ? never
                            : Name]?: FromSchema<Properties[Name]>
                        }
                      >
                    : Schema extends { readonly type: 'object' }
                      ? { [name: string]: unknown }
                      : unknown

type Required<Schema> = Schema extends { readonly required: readonly (infer Name)[] } ? Name : never
