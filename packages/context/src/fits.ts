import { equalJson } from './equal.ts'
import { type Answer, allOf, everyPart, oneOf, subject } from './fit-answer.ts'
import { compareAskedValues, compareTypes, compareValues, refers, refersIn, valuesOf } from './fit-values.ts'
import type { JsonSchema, JsonType } from './json-schema.ts'
import { SchemaView } from './schema-view.ts'

export type Fit =
  | { readonly fits: true }
  /** Some value of the first does not fit; `why` is a sentence. */
  | { readonly fits: false; readonly why: string }
  /** Neither can be shown: the value must be checked when it is there. */
  | { readonly fits: 'unknown' }

/**
 * May every value of `output` be given where `input` is asked? Types, required and unknown properties, enum, const,
 * nested properties, items, unions and bounds are compared; an integer fits a number. What cannot be shown is 'unknown'.
 *
 * @throws WonderError `invalid_schema` for a reference that leads nowhere.
 * @example
 * fits({ type: 'integer' }, { type: 'number' }) // { fits: true }
 * fits({ type: 'string' }, { type: 'number' }) // { fits: false, why: 'a text is given where a number is asked' }
 */
export function fits(output: JsonSchema, input: JsonSchema): Fit {
  if (equalJson(output, input)) return { fits: true }
  const answer = compare(SchemaView.of(output), SchemaView.of(input), '', new Map())
  if (answer === 'yes') return { fits: true }
  return answer === 'unknown' ? { fits: 'unknown' } : { fits: false, why: answer.why }
}

/** Answers by output and input. A pair that is being compared is 'unknown', which ends the recursion of references. */
type Memo = Map<unknown, Map<unknown, Answer>>

function compare(output: SchemaView, input: SchemaView, path: string, memo: Memo): Answer {
  const known = memo.get(output.schema) ?? new Map<unknown, Answer>()
  memo.set(output.schema, known)
  const before = known.get(input.schema)
  if (before !== undefined) return before
  known.set(input.schema, 'unknown')
  const answer = compareNew(output, input, path, memo)
  known.set(input.schema, answer)
  return answer
}

function compareNew(output: SchemaView, input: SchemaView, path: string, memo: Memo): Answer {
  if (input.schema === true || (input.schema !== false && input.keywords().length === 0)) return 'yes'
  if (output.schema === false || (equalJson(output.schema, input.schema) && !refers(output))) return 'yes'
  if (input.schema === false) return { why: `${subject(path)} is given where nothing is allowed`, disjoint: true }
  const values = valuesOf(output)
  if (values && !refers(input)) return compareValues(values, input, path)
  const given = output.alternatives()
  if (given && output.keywords().length === 1) return allOf(given.map((each) => compare(each, input, path, memo)))
  const inputParts = input.parts()
  if (inputParts.length > 1) return everyPart(inputParts.map((part) => comparePart(output, part, path, memo)))
  return comparePart(output, input, path, memo)
}

/** One part of the input against all parts of the output: any that fits is enough, any that cannot fit settles it. */
function comparePart(output: SchemaView, input: SchemaView, path: string, memo: Memo): Answer {
  const parts = output.parts()
  const [only, second] = parts
  if (only && !second) return compareSimple(only, input, path, memo)
  const answers = parts
    .filter((part) => ownKeywords(part).length > 0)
    .map((part) => compareSimple(part, input, path, memo))
  if (answers.includes('yes')) return 'yes'
  const settled = answers.find((answer) => typeof answer === 'object' && (answer.disjoint || answers.length === 1))
  return settled ?? 'unknown'
}

function compareSimple(output: SchemaView, input: SchemaView, path: string, memo: Memo): Answer {
  if (typeof input.schema === 'boolean') return input.schema ? 'yes' : 'unknown'
  const answers: Answer[] = []
  const asked = input.alternatives()
  if (asked) answers.push(oneOf(asked.map((each) => compare(output, each, path, memo))))
  const types = compareTypes(output, input, path)
  if (typeof types === 'object' && types.disjoint) return types
  answers.push(types, compareAskedValues(output, input, path))
  answers.push(compareObjects(output, input, path, memo), compareLists(output, input, path, memo))
  answers.push(
    ...ownKeywords(input)
      .filter((name) => !COMPARED.has(name))
      .map((name) => compareKeyword(output, input, name)),
  )
  return narrowed(output, everyPart(answers))
}

const COMPARED = new Set(
  'type nullable enum const properties required additionalProperties items anyOf oneOf'.split(' '),
)
const LOWER = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
const UPPER = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])

/** Keywords of the part itself; references and allOf are parts of their own. */
function ownKeywords(view: SchemaView): string[] {
  return view.keywords().filter((name) => name !== '$ref' && name !== 'allOf')
}

function compareKeyword(output: SchemaView, input: SchemaView, keyword: string): Answer {
  if (typeof input.schema === 'boolean' || typeof output.schema === 'boolean') return 'unknown'
  const asked = input.schema[keyword]
  const given = output.schema[keyword]
  if (given === undefined) return 'unknown'
  if (equalJson(given, asked) && !refersIn(asked)) return 'yes'
  if (typeof given !== 'number' || typeof asked !== 'number') return 'unknown'
  return (LOWER.has(keyword) && given >= asked) || (UPPER.has(keyword) && given <= asked) ? 'yes' : 'unknown'
}

/** Keywords that only take values away from the output: a value that does not fit may be one of those. */
function narrowed(output: SchemaView, answer: Answer): Answer {
  if (typeof answer !== 'object' || answer.disjoint) return answer
  const narrowing = [
    'not',
    'if',
    'anyOf',
    'oneOf',
    'dependentSchemas',
    'dependentRequired',
    'patternProperties',
    'propertyNames',
  ]
  return ownKeywords(output).some((name) => narrowing.includes(name)) ? 'unknown' : answer
}

function compareObjects(output: SchemaView, input: SchemaView, path: string, memo: Memo): Answer {
  const { schema: asked } = input
  const { schema: given } = output
  if (typeof asked === 'boolean' || !(asked.properties || asked.required || asked.additionalProperties !== undefined))
    return 'yes'
  const types = output.types()
  if (types && !types.includes('object')) return 'yes'
  if (typeof given === 'boolean') return 'unknown'
  const known = given.properties ?? {}
  const closed = given.additionalProperties === false && !given.patternProperties
  const always = new Set(given.required ?? [])
  const answers: Answer[] = (asked.required ?? []).map((name) => {
    if (always.has(name)) return 'yes'
    if (Object.hasOwn(known, name))
      return { why: `${subject(`${path}.${name}`)} may be missing, and is required`, disjoint: false }
    return closed
      ? { why: `${subject(`${path}.${name}`)} is required, and never given`, disjoint: onlyObjects(types) }
      : 'unknown'
  })
  for (const name of new Set([...Object.keys(known), ...Object.keys(asked.properties ?? {})])) {
    const wanted = wantedProperty(input, name)
    if (wanted === undefined) continue
    if (Object.hasOwn(known, name)) {
      const answer = compare(output.child(known[name], 'properties', name), wanted, `${path}.${name}`, memo)
      answers.push(
        typeof answer === 'object'
          ? { ...answer, disjoint: answer.disjoint && always.has(name) && onlyObjects(types) }
          : answer,
      )
    } else if (!closed && wanted.schema !== true && wanted.keywords().length > 0) answers.push('unknown')
  }
  if (asked.additionalProperties !== undefined && asked.additionalProperties !== true && !closed)
    answers.push('unknown')
  return everyPart(answers)
}

function onlyObjects(types: readonly JsonType[] | undefined): boolean {
  return types?.length === 1
}

/** What the input asks of a property; undefined when it does not matter, or other keywords decide. */
function wantedProperty(input: SchemaView, name: string): SchemaView | undefined {
  if (typeof input.schema === 'boolean') return undefined
  const { properties = {}, additionalProperties, patternProperties } = input.schema
  if (Object.hasOwn(properties, name)) return input.child(properties[name], 'properties', name)
  if (additionalProperties === undefined || patternProperties) return undefined
  return input.child(additionalProperties, 'additionalProperties')
}

function compareLists(output: SchemaView, input: SchemaView, path: string, memo: Memo): Answer {
  const { schema: asked } = input
  const { schema: given } = output
  if (typeof asked === 'boolean' || asked.items === undefined) return 'yes'
  const types = output.types()
  if (types && !types.includes('array')) return 'yes'
  if (typeof given === 'boolean' || given.items === undefined || given.prefixItems || asked.prefixItems)
    return 'unknown'
  const answer = compare(output.child(given.items, 'items'), input.child(asked.items, 'items'), `${path}[]`, memo)
  // An empty list fits whatever its items would be.
  return typeof answer === 'object' ? { ...answer, disjoint: false } : answer
}
