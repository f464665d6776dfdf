import { canonicalJson } from '@wonder/crypto'
import { closureDigest, compilePlan, type Definition, type Plan, validateDefinition } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Blobs } from '@wonder/platform'

/** Plans kept in memory. */
const mostPlans = 200

/**
 * Definitions by digest, durable before any run names one, and their plans, compiled once.
 */
export class DefinitionStore {
  readonly #blobs: Blobs
  readonly #plans = new Map<string, Plan>()

  constructor(blobs: Blobs) {
    this.#blobs = blobs
  }

  /** Checks, compiles and stores a definition. Returns its digest. */
  async put(definition: Definition): Promise<string> {
    const digest = closureDigest(definition)
    if (this.#plans.has(digest)) return digest
    validateDefinition(definition)
    const plan = compilePlan(definition, digest)
    await this.#blobs.put(definitionKey(digest), canonicalJson(definition))
    this.#keep(plan)
    return digest
  }

  /** @throws WonderError `store_corrupt` when a run names a definition that is not there */
  async plan(digest: string): Promise<Plan> {
    const known = this.#plans.get(digest)
    if (known !== undefined) return known
    const bytes = await this.#blobs.get(definitionKey(digest))
    if (bytes === null) throw new WonderError('store_corrupt', `Cannot find the definition ${digest}: it is missing`)
    const definition = JSON.parse(new TextDecoder().decode(bytes)) as Definition
    validateDefinition(definition)
    const plan = compilePlan(definition, digest)
    this.#keep(plan)
    return plan
  }

  #keep(plan: Plan): void {
    this.#plans.set(plan.digest, plan)
    const [oldest] = this.#plans.keys()
    if (this.#plans.size > mostPlans && oldest !== undefined) this.#plans.delete(oldest)
  }
}

/** Where a definition is in Blobs. */
export function definitionKey(digest: string): string {
  return `definitions/${digest}`
}
