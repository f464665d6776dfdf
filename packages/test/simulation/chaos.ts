import { seededRandom } from '../src/seeded-random.ts'

/** Chance that follows from a seed, and how much goes wrong by it. */
export class Chaos {
  readonly seed: number
  /** Nothing goes wrong from here on: what is left must come to its end. */
  calm = false
  readonly #next: () => number

  constructor(seed: number) {
    this.seed = seed
    this.#next = seededRandom(seed)
  }

  /** A whole number from `from` to `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.#next() * (to - from + 1))
  }

  /** Whether a trouble of so many percent befalls. */
  trouble(percent: number): boolean {
    return this.#next() * 100 < percent && !this.calm
  }

  /** Whether something harmless of so many percent happens. */
  happens(percent: number): boolean {
    return this.#next() * 100 < percent
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#next() * items.length)]
  }
}
