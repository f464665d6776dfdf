import { WonderError } from '@wonder/errors'
import { Compiler } from '../compiler.ts'
import type { CustomTypes } from '../custom-type.ts'
import type { JsonSchema } from '../json-schema.ts'
import type { Check } from '../keyword.ts'
import { Run } from '../run.ts'
import { compile } from '../schema.ts'
import { SchemaLibrary, type SchemaNode } from '../schema-document.ts'
import { Draw, Unlucky } from './draw.ts'
import { Generator } from './generator.ts'
import { smaller } from './smaller.ts'

export type SamplerOptions = {
  /** Other documents, as for compile(). */
  readonly documents?: { readonly [uri: string]: JsonSchema }
  /** Types for `x-type`; one without `sample` cannot be sampled. */
  readonly types?: CustomTypes
}

/** Makes values of a schema. */
export type Sampler = {
  /**
   * A value that fits the schema, with its formats: the same for the same seed.
   *
   * @throws WonderError `no_sample` when none was found.
   */
  sample(seed: number): unknown
  /**
   * The smallest value that can be reached from `value` by leaving out and cutting, that fits the schema, and for which
   * `holds` still says yes: mostly "the test still fails".
   */
  shrink(value: unknown, holds?: (value: unknown) => boolean): unknown
}

const TRIES = 10

/**
 * @throws WonderError `invalid_schema`.
 * @example
 * const { sample, shrink } = sampler({ type: 'array', items: { type: 'string', pattern: '^[a-z]{3}$' }, minItems: 1 })
 * sample(1) // ['lqe', 'pab']
 * shrink(sample(1)) // ['lqe']
 */
export function sampler(schema: JsonSchema, options: SamplerOptions = {}): Sampler {
  const { documents = {}, types = {} } = options
  const compiled = compile(schema, { documents, types })
  const library = new SchemaLibrary()
  const root = library.add(schema)
  for (const [uri, document] of Object.entries(documents)) library.add(document, uri)
  library.readVocabularies()
  const compiler = new Compiler(library, { trusted: false, types })
  const checks = new Map<string, Check>()
  const fits = (node: SchemaNode, value: unknown) => {
    const place = `${node.resource.uri}#${node.pointer}`
    const check = checks.get(place) ?? compiler.root(node)
    checks.set(place, check)
    return check(value, new Run({ formats: true, loud: false, maxProblems: 0, maxDepth: 256 }), undefined)
  }
  const accepts = (value: unknown) => compiled.accepts(value, { formats: true })
  return {
    sample(seed) {
      let why = ''
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const draw = new Draw(Math.imul(seed, 0x9e3779b1) + attempt)
        try {
          const value = new Generator({ library, patterns: compiler.patterns, types, draw, fits }).value([root])
          if (accepts(value)) return value
        } catch (thrown) {
          if (!(thrown instanceof Unlucky)) throw thrown
          why = `: ${thrown.message}`
        }
      }
      throw new WonderError('no_sample', `Cannot make a sample of the schema${why}`, { details: { seed } })
    },
    shrink(value, holds = () => true) {
      return smaller(value, (candidate) => accepts(candidate) && holds(candidate))
    },
  }
}
