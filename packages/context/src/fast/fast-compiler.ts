import { WonderError } from '@wonder/errors'
import type { CustomTypes } from '../custom-type.ts'
import { X_TYPE } from '../custom-type.ts'
import { equalJson } from '../equal.ts'
import { formats } from '../format.ts'
import { isObject, type JsonObject, type JsonType } from '../json-schema.ts'
import { duplicateIn } from '../keywords/array.ts'
import { isMultiple } from '../keywords/number.ts'
import type { Patterns } from '../pattern.ts'
import { childPointer } from '../pointer.ts'
import type { SchemaLibrary, SchemaNode } from '../schema-document.ts'
import { containsTest, itemsTest, prefixTest } from './array-test.ts'
import { membersTest } from './object-test.ts'
import { always, both, called, never, type Plan, type Test } from './plan.ts'
import { every, lengthTest, rangeTest, type TestOf } from './scalar-test.ts'
import { type TypedTests, typedTest } from './typed-test.ts'

/** A keyword that needs to know more than the value: the general compiler does the whole schema. */
class NotFast extends Error {}

export type FastOptions = {
  readonly library: SchemaLibrary
  readonly patterns: Patterns
  readonly types: CustomTypes
  readonly formats: boolean
  readonly maxDepth: number
}

/**
 * Compiles a schema, which the general compiler has accepted, to closures that only say yes or no. They know neither
 * paths nor problems nor what was evaluated; a schema with $dynamicRef or unevaluated* has no such form.
 */
export class FastCompiler {
  readonly #options: FastOptions
  readonly #referenced = new Map<unknown, { test: Test }>()
  /** Levels below the schema that was entered by the last reference. */
  #level = 0
  /** Levels of the value and of references that a running check is in. */
  #depth = 0

  constructor(options: FastOptions) {
    this.#options = options
  }

  /** @returns the test, or undefined when the schema has no such form. */
  compile(root: SchemaNode): Test | undefined {
    try {
      const { test } = this.#node(root)
      if (this.#referenced.size === 0) return test
      return (value) => {
        const outer = this.#depth
        this.#depth = 0
        try {
          return test(value)
        } finally {
          this.#depth = outer
        }
      }
    } catch (thrown) {
      if (thrown instanceof NotFast) return undefined
      throw thrown
    }
  }

  #node(node: SchemaNode): Plan {
    const { schema } = node
    if (schema === true) return always
    if (!isObject(schema)) return never
    const ignored = node.resource.vocabulary?.ignored
    const at = new Place(node, schema, ignored)
    if (at.has('unevaluatedProperties') || at.has('unevaluatedItems') || at.has('$dynamicRef')) throw new NotFast()
    const typed = typedTest(this.#types(at), this.#typedTests(at))
    const plan = this.#anyType(at).reduce(both, typed)
    if (schema.nullable !== true || plan === always) return plan
    const { test } = plan
    return called((value) => value === null || test(value))
  }

  #types(at: Place): readonly JsonType[] | undefined {
    const type = at.get('type')
    if (type === undefined) return undefined
    return (Array.isArray(type) ? type : [type]) as readonly JsonType[]
  }

  #typedTests(at: Place): TypedTests {
    return {
      string: every(this.#strings(at)),
      number: every(this.#numbers(at)),
      object: every(this.#objects(at)),
      array: every(this.#arrays(at)),
    }
  }

  #strings(at: Place): TestOf<string>[] {
    const tests: TestOf<string>[] = []
    if (at.has('minLength') || at.has('maxLength'))
      tests.push(lengthTest(at.number('minLength', 0), at.number('maxLength', Infinity)))
    const pattern = at.get('pattern')
    if (typeof pattern === 'string') tests.push(this.#pattern(pattern))
    const format = at.get('format')
    const asserted = this.#options.formats || at.node.resource.vocabulary?.assertsFormats === true
    if (asserted && typeof format === 'string' && Object.hasOwn(formats, format)) {
      const holds = formats[format]
      if (holds) tests.push(holds)
    }
    return tests
  }

  #numbers(at: Place): TestOf<number>[] {
    const tests: TestOf<number>[] = []
    if (at.has('minimum') || at.has('maximum')) {
      tests.push(rangeTest(at.number('minimum', -Infinity), at.number('maximum', Infinity)))
    }
    const above = at.number('exclusiveMinimum', Number.NaN)
    if (!Number.isNaN(above)) tests.push((value) => value > above)
    const below = at.number('exclusiveMaximum', Number.NaN)
    if (!Number.isNaN(below)) tests.push((value) => value < below)
    const factor = at.number('multipleOf', 0)
    if (factor > 0) tests.push((value) => isMultiple(value, factor))
    return tests
  }

  #objects(at: Place): TestOf<JsonObject>[] {
    const tests: TestOf<JsonObject>[] = []
    const [min, max] = [at.number('minProperties', 0), at.number('maxProperties', Infinity)]
    if (min > 0 || max < Infinity) {
      tests.push((object) => {
        const count = Object.keys(object).length
        return count >= min && count <= max
      })
    }
    if (['properties', 'required', 'patternProperties', 'additionalProperties'].some((name) => at.has(name))) {
      tests.push(this.#members(at))
    }
    for (const [name, others] of Object.entries(at.map('dependentRequired'))) {
      const needed = others as readonly string[]
      tests.push((object) => !Object.hasOwn(object, name) || needed.every((other) => Object.hasOwn(object, other)))
    }
    for (const [name, schema] of Object.entries(at.map('dependentSchemas'))) {
      const { test } = this.#child(at, schema, 'dependentSchemas', name)
      tests.push((object) => !Object.hasOwn(object, name) || test(object))
    }
    if (at.has('propertyNames')) {
      const { test } = this.#below(at, at.get('propertyNames'), 'propertyNames')
      tests.push((object) => {
        for (const name of Object.keys(object)) if (!test(name)) return false
        return true
      })
    }
    return tests
  }

  #members(at: Place): TestOf<JsonObject> {
    const properties = at.map('properties')
    const required = new Set(at.list('required') as readonly string[])
    const names = [...new Set([...Object.keys(properties), ...required])]
    const additional = at.has('additionalProperties')
      ? this.#below(at, at.get('additionalProperties'), 'additionalProperties')
      : always
    return membersTest({
      known: names.map((name) => ({
        name,
        plan: Object.hasOwn(properties, name) ? this.#below(at, properties[name], 'properties', name) : always,
        required: required.has(name),
      })),
      patterns: Object.entries(at.map('patternProperties')).map(([source, schema]) => ({
        pattern: this.#pattern(source),
        test: this.#below(at, schema, 'patternProperties', source).test,
      })),
      other: additional === always ? undefined : additional.test,
      covered: new Set(Object.keys(properties)),
    })
  }

  #arrays(at: Place): TestOf<readonly unknown[]>[] {
    const tests: (TestOf<readonly unknown[]> | undefined)[] = []
    const [min, max] = [at.number('minItems', 0), at.number('maxItems', Infinity)]
    if (min > 0 || max < Infinity) tests.push((list) => list.length >= min && list.length <= max)
    const prefix = at.list('prefixItems')
    if (prefix.length > 0) {
      tests.push(prefixTest(prefix.map((schema, index) => this.#below(at, schema, 'prefixItems', index).test)))
    }
    if (at.has('items')) tests.push(itemsTest(this.#below(at, at.get('items'), 'items'), prefix.length))
    if (at.has('contains')) {
      const { test } = this.#below(at, at.get('contains'), 'contains')
      tests.push(containsTest(test, at.number('minContains', 1), at.number('maxContains', Infinity)))
    }
    if (at.get('uniqueItems') === true) tests.push((list) => list.length < 2 || duplicateIn(list) === -1)
    return tests.filter((test) => test !== undefined)
  }

  #anyType(at: Place): Plan[] {
    const plans: Plan[] = []
    if (at.has('enum')) plans.push(enumTest(at.list('enum')))
    if (at.has('const')) plans.push(enumTest([at.get('const')]))
    const type = at.get(X_TYPE)
    const custom = typeof type === 'string' ? this.#options.types[type] : undefined
    if (custom) plans.push(called((value) => custom.validate(value) === true))
    const reference = at.get('$ref')
    if (typeof reference === 'string') plans.push(this.#reference(at, reference))
    for (const [index, schema] of at.list('allOf').entries()) plans.push(this.#child(at, schema, 'allOf', index))
    if (at.has('anyOf')) plans.push(anyOfTest(this.#branches(at, 'anyOf')))
    if (at.has('oneOf')) plans.push(oneOfTest(this.#branches(at, 'oneOf')))
    if (at.has('not')) {
      const { test } = this.#child(at, at.get('not'), 'not')
      plans.push(called((value) => !test(value)))
    }
    if (at.has('if')) {
      const { test } = this.#child(at, at.get('if'), 'if')
      const then = at.has('then') ? this.#child(at, at.get('then'), 'then').test : always.test
      const otherwise = at.has('else') ? this.#child(at, at.get('else'), 'else').test : always.test
      plans.push(called((value) => (test(value) ? then(value) : otherwise(value))))
    }
    return plans
  }

  #branches(at: Place, keyword: string): readonly Test[] {
    return at.list(keyword).map((schema, index) => this.#child(at, schema, keyword, index).test)
  }

  #reference(at: Place, reference: string): Plan {
    const { library, maxDepth } = this.#options
    const node = library.resolve(reference, at.node, childPointer(at.node.pointer, '$ref'))
    if (!isObject(node.schema)) return this.#node(node)
    const levels = this.#level + 1
    const held = this.#referenced.get(node.schema) ?? this.#compileReferenced(node)
    return called((value) => {
      this.#depth += levels
      if (this.#depth > maxDepth) throw tooDeep(maxDepth)
      const ok = held.test(value)
      this.#depth -= levels
      return ok
    })
  }

  #compileReferenced(node: SchemaNode): { test: Test } {
    const held: { test: Test } = { test: always.test }
    this.#referenced.set(node.schema, held)
    const level = this.#level
    this.#level = 0
    held.test = this.#node(node).test
    this.#level = level
    return held
  }

  /** A schema for the same value. */
  #child(at: Place, schema: unknown, ...segments: (string | number)[]): Plan {
    return this.#node(
      this.#options.library.nodeOf(schema, segments.reduce<string>(childPointer, at.node.pointer), at.node),
    )
  }

  /** A schema for a member or an item. */
  #below(at: Place, schema: unknown, ...segments: (string | number)[]): Plan {
    this.#level += 1
    const plan = this.#child(at, schema, ...segments)
    this.#level -= 1
    return plan
  }

  #pattern(source: string): TestOf<string> {
    const pattern = this.#options.patterns.compile(source)
    if (typeof pattern === 'function') return pattern
    throw new NotFast()
  }
}

/** The keywords of a schema that count, in its vocabulary. */
class Place {
  readonly node: SchemaNode
  readonly #schema: JsonObject
  readonly #ignored: ReadonlySet<string> | undefined

  constructor(node: SchemaNode, schema: JsonObject, ignored: ReadonlySet<string> | undefined) {
    this.node = node
    this.#schema = schema
    this.#ignored = ignored
  }

  has(keyword: string): boolean {
    return Object.hasOwn(this.#schema, keyword) && this.#ignored?.has(keyword) !== true
  }

  get(keyword: string): unknown {
    return this.has(keyword) ? this.#schema[keyword] : undefined
  }

  number(keyword: string, otherwise: number): number {
    const value = this.get(keyword)
    return typeof value === 'number' ? value : otherwise
  }

  list(keyword: string): readonly unknown[] {
    const value = this.get(keyword)
    return Array.isArray(value) ? value : []
  }

  map(keyword: string): JsonObject {
    const value = this.get(keyword)
    return isObject(value) ? value : {}
  }
}

function tooDeep(maxDepth: number): WonderError {
  return new WonderError(
    'limit_exceeded',
    `Cannot check the value: it or its schema is nested deeper than ${maxDepth} levels`,
  )
}

function enumTest(values: readonly unknown[]): Plan {
  const [first] = values
  if (values.some((value) => typeof value === 'object' && value !== null)) {
    return called((value) => values.some((other) => equalJson(value, other)))
  }
  if (values.length === 1) return called((value) => value === first)
  const set = new Set(values)
  return called((value) => set.has(value))
}

function anyOfTest(tests: readonly Test[]): Plan {
  const [first, second] = tests
  if (first && second && tests.length === 2) return called((value) => first(value) || second(value))
  return called((value) => {
    for (let index = 0; index < tests.length; index++) if (tests[index]?.(value)) return true
    return false
  })
}

function oneOfTest(tests: readonly Test[]): Plan {
  return called((value) => {
    let held = false
    for (let index = 0; index < tests.length; index++) {
      if (!tests[index]?.(value)) continue
      if (held) return false
      held = true
    }
    return held
  })
}
