import {
  closureDigest,
  compilePlan,
  type Definition,
  definitionText,
  type Plan,
  validateDefinition,
} from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Blobs } from '@wonder/platform'

/** Plans kept in memory. */
const mostPlans = 200

/**
 * Definitions by digest, durable before any run names one, and their plans, compiled once and kept while they are in use.
 */
export class DefinitionStore {
  readonly #blobs: Blobs
  /** Least recently used first. */
  readonly #plans = new Map<string, Plan>()
  readonly #loading = new Map<string, Promise<Plan>>()

  constructor(blobs: Blobs) {
    this.#blobs = blobs
  }

  /**
   * Checks, compiles and stores a definition; the same one is stored once. `plan.digest` names it from then on.
   *
   * @throws WonderError `invalid_definition`, `format_too_new`
   */
  async put(definition: Definition): Promise<Plan> {
    const digest = closureDigest(definition)
    const known = this.#known(digest)
    if (known !== undefined) return known
    validateDefinition(definition)
    const plan = compilePlan(definition, digest)
    await this.#blobs.put(definitionKey(digest), definitionText(definition))
    this.#keep(plan)
    return plan
  }

  /** @throws WonderError `store_corrupt` when a run names a definition that is not there */
  async plan(digest: string): Promise<Plan> {
    const known = this.#known(digest)
    if (known !== undefined) return known
    let loading = this.#loading.get(digest)
    if (loading === undefined) {
      loading = this.#load(digest).finally(() => this.#loading.delete(digest))
      this.#loading.set(digest, loading)
    }
    return loading
  }

  async #load(digest: string): Promise<Plan> {
    const bytes = await this.#blobs.get(definitionKey(digest))
    if (bytes === null) throw new WonderError('store_corrupt', `Cannot find the definition ${digest}: it is missing`)
    const definition = JSON.parse(new TextDecoder().decode(bytes)) as Definition
    validateDefinition(definition)
    const plan = compilePlan(definition, digest)
    this.#keep(plan)
    return plan
  }

  #known(digest: string): Plan | undefined {
    const plan = this.#plans.get(digest)
    if (plan !== undefined) this.#keep(plan)
    return plan
  }

  #keep(plan: Plan): void {
    this.#plans.delete(plan.digest)
    this.#plans.set(plan.digest, plan)
    const [oldest] = this.#plans.keys()
    if (this.#plans.size > mostPlans && oldest !== undefined) this.#plans.delete(oldest)
  }
}

/** Where a definition is in Blobs. */
export function definitionKey(digest: string): string {
  return `definitions/${digest}`
}
