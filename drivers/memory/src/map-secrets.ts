import type { Secrets } from '@wonder/platform'

/** Secrets that a test holds. */
export class MapSecrets implements Secrets {
  readonly #values: Map<string, string>

  constructor(values: { readonly [name: string]: string } = {}) {
    this.#values = new Map(Object.entries(values))
  }

  async get(name: string): Promise<string | undefined> {
    return this.#values.get(name)
  }

  set(name: string, value: string): void {
    this.#values.set(name, value)
  }

  delete(name: string): void {
    this.#values.delete(name)
  }
}
