/** Which properties and items of one value were evaluated; kept only below unevaluatedProperties and unevaluatedItems. */
export class Seen {
  readonly #properties = new Set<string>()
  readonly #items = new Set<number>()
  #allProperties = false
  #firstItems = 0

  addProperty(name: string): void {
    this.#properties.add(name)
  }

  addAllProperties(): void {
    this.#allProperties = true
  }

  addItem(index: number): void {
    this.#items.add(index)
  }

  addFirstItems(count: number): void {
    this.#firstItems = Math.max(this.#firstItems, count)
  }

  hasProperty(name: string): boolean {
    return this.#allProperties || this.#properties.has(name)
  }

  hasItem(index: number): boolean {
    return index < this.#firstItems || this.#items.has(index)
  }

  /** Takes over what a branch that held has evaluated. */
  merge(branch: Seen): void {
    for (const name of branch.#properties) this.#properties.add(name)
    for (const index of branch.#items) this.#items.add(index)
    if (branch.#allProperties) this.#allProperties = true
    this.addFirstItems(branch.#firstItems)
  }
}
