/** First come, first served; leaving from anywhere and taking the first cost the same, however long the line is. */
export class WaitingLine<T> {
  readonly #entries = new Map<string, { readonly name: string; readonly value: T }>()
  #order: ({ readonly name: string; readonly value: T } | null)[] = []
  #first = 0

  get size(): number {
    return this.#entries.size
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  add(name: string, value: T): void {
    const entry = { name, value }
    this.#entries.set(name, entry)
    this.#order.push(entry)
  }

  remove(name: string): void {
    this.#entries.delete(name)
    this.#trim()
  }

  first(): string | null {
    this.#trim()
    return this.#order[this.#first]?.name ?? null
  }

  /** In order. Nobody may come or leave meanwhile. */
  *[Symbol.iterator](): Iterator<readonly [name: string, value: T]> {
    for (let i = this.#first; i < this.#order.length; i++) {
      const entry = this.#order[i]
      if (entry && this.#entries.get(entry.name) === entry) yield [entry.name, entry.value]
    }
  }

  /** How many stand before it. */
  ahead(name: string): number {
    let before = 0
    for (const [other] of this) {
      if (other === name) return before
      before += 1
    }
    return before
  }

  #trim(): void {
    for (; this.#first < this.#order.length; this.#first++) {
      const entry = this.#order[this.#first]
      if (entry && this.#entries.get(entry.name) === entry) break
      this.#order[this.#first] = null
    }
    if (this.#first > 1_024 && this.#first * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#first)
      this.#first = 0
    }
  }
}
