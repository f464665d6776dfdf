import type { JsonObject, JsonType } from '../json-schema.ts'
import { always, BOOLEAN, CALL, called, INTEGER, type Kind, NUMBER, type Plan, STRING, type Test } from './plan.ts'
import type { TestOf } from './scalar-test.ts'

/** What keywords ask of a value of each type; undefined for nothing. */
export type TypedTests = {
  readonly string: TestOf<string> | undefined
  readonly number: TestOf<number> | undefined
  readonly object: TestOf<JsonObject> | undefined
  readonly array: TestOf<readonly unknown[]> | undefined
}

/** The keyword `type` together with the keywords that concern one type each. */
export function typedTest(types: readonly JsonType[] | undefined, tests: TypedTests): Plan {
  const [only, second] = types ?? []
  if (only !== undefined && second === undefined) return singleTest(only, tests)
  const { string, number, object, array } = tests
  if (types === undefined && !string && !number && !object && !array) return always
  const allows = (type: JsonType) => types === undefined || types.includes(type)
  const [text, truth, nothing, list, map] = (['string', 'boolean', 'null', 'array', 'object'] as const).map(allows)
  const integer = allows('integer') || allows('number')
  const fraction = allows('number')
  const notFinite = types === undefined
  return called((value) => {
    switch (typeof value) {
      case 'string':
        return text === true && (string === undefined || string(value))
      case 'number':
        if (!(Number.isInteger(value) ? integer : fraction && (notFinite || Number.isFinite(value)))) return false
        return number === undefined || number(value)
      case 'boolean':
        return truth === true
      case 'object':
        if (value === null) return nothing === true
        if (Array.isArray(value)) return list === true && (array === undefined || array(value))
        return map === true && (object === undefined || object(value as JsonObject))
      default:
        return types === undefined
    }
  })
}

function singleTest(type: JsonType, { string, number, object, array }: TypedTests): Plan {
  switch (type) {
    case 'string':
      return string
        ? called((value) => typeof value === 'string' && string(value))
        : plan(STRING, (value) => typeof value === 'string')
    case 'integer':
      return number
        ? called((value) => typeof value === 'number' && Number.isInteger(value) && number(value))
        : plan(INTEGER, (value) => Number.isInteger(value))
    case 'number':
      return number
        ? called((value) => typeof value === 'number' && Number.isFinite(value) && number(value))
        : plan(NUMBER, (value) => Number.isFinite(value))
    case 'boolean':
      return plan(BOOLEAN, (value) => typeof value === 'boolean')
    case 'null':
      return plan(CALL, (value) => value === null)
    case 'array':
      return array ? called((value) => Array.isArray(value) && array(value)) : called((value) => Array.isArray(value))
    case 'object':
      return object
        ? called(
            (value) =>
              typeof value === 'object' && value !== null && !Array.isArray(value) && object(value as JsonObject),
          )
        : called((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
  }
}

function plan(kind: Kind, test: Test): Plan {
  return { kind, test }
}
