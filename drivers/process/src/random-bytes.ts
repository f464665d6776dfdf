/**
 * Random bytes of the operating system, fetched many at a time: one call costs as much for 4,096 bytes as for one.
 * Each byte is given once.
 */
export class RandomBytes {
  readonly #bytes = new Uint8Array(4_096)
  #next = this.#bytes.length

  /** 0 to 255. */
  byte(): number {
    if (this.#next === this.#bytes.length) {
      crypto.getRandomValues(this.#bytes)
      this.#next = 0
    }
    const byte = this.#bytes[this.#next] ?? 0
    this.#next += 1
    return byte
  }

  /** 0 to 2³² - 1. */
  uint32(): number {
    return ((this.byte() << 24) | (this.byte() << 16) | (this.byte() << 8) | this.byte()) >>> 0
  }
}
