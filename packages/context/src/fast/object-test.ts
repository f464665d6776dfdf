import type { JsonObject } from '../json-schema.ts'
import type { Pattern } from '../pattern.ts'
import { ANYTHING, BOOLEAN, INTEGER, NUMBER, type Plan, STRING, type Test } from './plan.ts'
import type { TestOf } from './scalar-test.ts'

/** What a schema says of the members of an object. */
export type MemberRules = {
  /** By name; a required name without a schema has `always`. */
  readonly known: readonly { readonly name: string; readonly plan: Plan; readonly required: boolean }[]
  readonly patterns: readonly { readonly pattern: Pattern; readonly test: Test }[]
  /** Of the members that neither a name nor a pattern covers; undefined when they are free. */
  readonly other: Test | undefined
  /** Names that `additionalProperties` does not concern: those of `properties`. */
  readonly covered: ReadonlySet<string>
}

/**
 * One loop over the object's own keys does `properties`, `required`, `patternProperties` and `additionalProperties`.
 * Looking names up in the object instead would be a megamorphic load for each; a `for…in` reads its values by index.
 * Objects that are made alike have their keys in the same order, mostly that of the schema: so the next known name is
 * guessed first, and only a wrong guess costs a look into the map.
 */
export function membersTest({ known, patterns, other, covered }: MemberRules): TestOf<JsonObject> {
  const names = known.map(({ name }) => name)
  const kinds = known.map(({ plan }) => plan.kind)
  const tests = known.map(({ plan }) => plan.test)
  const needed = known.map(({ required }) => (required ? 1 : 0))
  const isCovered = known.map(({ name }) => covered.has(name))
  const places = new Map(names.map((name, index) => [name, index]))
  const required = known.filter((member) => member.required).length
  const plain = patterns.length === 0 && isCovered.every(Boolean)
  const rest = other ?? anything

  function unknownHolds(value: unknown, name: string): boolean {
    let free = true
    for (const { pattern, test } of patterns) {
      if (!pattern(name)) continue
      if (!test(value)) return false
      free = false
    }
    return !free || rest(value)
  }

  return (given) => {
    const object = ownOf(given)
    let missing = required
    let guess = 0
    for (const name in object) {
      let place = guess
      if (names[place] !== name) {
        const found = places.get(name)
        if (found === undefined) {
          if (!(plain ? rest(object[name]) : unknownHolds(object[name], name))) return false
          continue
        }
        place = found
      }
      const value = object[name]
      guess = place + 1
      missing -= needed[place] as number
      switch (kinds[place]) {
        case ANYTHING:
          break
        case STRING:
          if (typeof value !== 'string') return false
          break
        case INTEGER:
          if (typeof value !== 'number' || ((value | 0) !== value && !Number.isInteger(value))) return false
          break
        case NUMBER:
          if (typeof value !== 'number' || value - value !== 0) return false
          break
        case BOOLEAN:
          if (typeof value !== 'boolean') return false
          break
        default:
          if (!(tests[place] as Test)(value)) return false
      }
      if (!plain && !(isCovered[place] ? patternsHold(value, name) : unknownHolds(value, name))) return false
    }
    return missing === 0
  }

  function patternsHold(value: unknown, name: string): boolean {
    for (const { pattern, test } of patterns) if (pattern(name) && !test(value)) return false
    return true
  }
}

/** What JSON.parse makes and literals inherit nothing that a loop would see; of anything else only the own keys count. */
function ownOf(object: JsonObject): JsonObject {
  const parent = Object.getPrototypeOf(object)
  return parent === Object.prototype || parent === null ? object : { ...object }
}

function anything(): boolean {
  return true
}
