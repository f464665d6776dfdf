/** A set of small whole numbers, for sets that are met and joined over and over. */
export class IdSet {
  readonly #words: Uint32Array

  constructor(size: number | IdSet) {
    this.#words = typeof size === 'number' ? new Uint32Array(Math.ceil(size / 32)) : size.#words.slice()
  }

  has(id: number): boolean {
    return ((this.#words[id >> 5] ?? 0) & (1 << (id & 31))) !== 0
  }

  get isEmpty(): boolean {
    return this.#words.every((word) => word === 0)
  }

  add(id: number): void {
    this.#words[id >> 5] = (this.#words[id >> 5] ?? 0) | (1 << (id & 31))
  }

  delete(id: number): void {
    this.#words[id >> 5] = (this.#words[id >> 5] ?? 0) & ~(1 << (id & 31))
  }

  /** Keeps what both have. */
  meet(other: IdSet): void {
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = (this.#words[i] ?? 0) & (other.#words[i] ?? 0)
  }

  /** Takes in what the other has. */
  join(other: IdSet): void {
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = (this.#words[i] ?? 0) | (other.#words[i] ?? 0)
  }

  equals(other: IdSet): boolean {
    return this.#words.every((word, index) => word === other.#words[index])
  }
}
