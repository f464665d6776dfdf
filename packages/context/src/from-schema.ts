/**
 * The TypeScript type of the values of a schema that is written `as const`, or with TypeBox.
 *
 * It follows type (and nullable), const, enum, properties, required, additionalProperties, items, prefixItems, anyOf,
 * oneOf, allOf and references to `#` and `#/$defs/…`. What it does not know is `unknown`, or left out: a value that fits the
 * schema always has the type.
 *
 * @example
 * const user = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } as const
 * type User = FromSchema<typeof user> // { name: string }
 */
export type FromSchema<S> = Of<S, S>

/** `S` in the document `Root`. */
type Of<S, Root> = S extends { readonly '~kind': string; readonly static: infer Static }
  ? Static
  : S extends false
    ? never
    : S extends object
      ? string extends keyof S
        ? unknown // It is not a literal: nothing is known of it.
        : Simplified<Typed<S, Root> & Combined<S, Root>> | (S extends { readonly nullable: true } ? null : never)
      : unknown

type Typed<S, Root> = S extends { readonly const: infer Value }
  ? Mutable<Value>
  : S extends { readonly enum: readonly (infer Value)[] }
    ? Mutable<Value>
    : S extends { readonly type: readonly (infer Type)[] }
      ? ByType<Type, S, Root>
      : S extends { readonly type: infer Type }
        ? ByType<Type, S, Root>
        : unknown

type ByType<Type, S, Root> = Type extends 'string'
  ? string
  : Type extends 'number' | 'integer'
    ? number
    : Type extends 'boolean'
      ? boolean
      : Type extends 'null'
        ? null
        : Type extends 'array'
          ? List<S, Root>
          : Type extends 'object'
            ? Members<S, Root>
            : never

type List<S, Root> = S extends { readonly prefixItems: infer First extends readonly unknown[] }
  ? Prefix<First, Root, S extends { readonly items: infer Items } ? Of<Items, Root> : unknown>
  : S extends { readonly items: infer Items }
    ? Of<Items, Root>[]
    : unknown[]

/** A list may be shorter than its prefixItems. */
type Prefix<First extends readonly unknown[], Root, Rest> = First extends readonly [infer Head, ...infer Tail]
  ? [Of<Head, Root>?, ...Prefix<Tail, Root, Rest>]
  : Rest[]

type Members<S, Root> = S extends { readonly properties: infer Properties }
  ? { -readonly [Name in keyof Properties as Name extends Required<S> ? Name : never]: Of<Properties[Name], Root> } & {
      -readonly [Name in keyof Properties as Name extends Required<S> ? never : Name]?: Of<Properties[Name], Root>
    } & {
      [Name in Exclude<Required<S> & string, keyof Properties>]: unknown
    }
  : S extends { readonly additionalProperties: infer Other extends object }
    ? { [name: string]: Of<Other, Root> }
    : { [Name in Required<S> & string]: unknown } & { [name: string]: unknown }

type Required<S> = S extends { readonly required: readonly (infer Name)[] } ? Name : never

type Combined<S, Root> = Branches<S, 'anyOf', Root> & Branches<S, 'oneOf', Root> & Every<S, Root> & Referenced<S, Root>

type Branches<S, Keyword extends string, Root> = S extends { readonly [Name in Keyword]: readonly (infer Branch)[] }
  ? Branch extends unknown
    ? Of<Branch, Root>
    : never
  : unknown

type Every<S, Root> = S extends { readonly allOf: infer Parts extends readonly unknown[] }
  ? Intersection<Parts, Root>
  : unknown

type Intersection<Parts extends readonly unknown[], Root> = Parts extends readonly [infer Head, ...infer Tail]
  ? Of<Head, Root> & Intersection<Tail, Root>
  : unknown

type Referenced<S, Root> = S extends { readonly $ref: '#' }
  ? [Root] extends [S]
    ? unknown
    : Of<Root, Root>
  : S extends { readonly $ref: `#/$defs/${infer Name}` }
    ? Root extends { readonly $defs: infer Definitions }
      ? Name extends keyof Definitions
        ? [Definitions[Name]] extends [S]
          ? unknown
          : Of<Definitions[Name], Root>
        : unknown
      : unknown
    : unknown

type Mutable<Value> = Value extends object ? { -readonly [Name in keyof Value]: Mutable<Value[Name]> } : Value

/** Shows an intersection of objects as one object. */
type Simplified<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { [Name in keyof Value]: Value[Name] }
    : Value
