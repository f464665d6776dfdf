import { positionAt, type SourcePosition } from '@wonder/errors'
import type { Site } from './failure.ts'

export type Path = readonly (string | number)[]

/** A path of the scope that an expression reads. */
export type Reference = {
  /** From a name of the scope; it ends before a computed index. */
  readonly path: Path
  readonly position: SourcePosition
  /** Read through `.?`, in has(), or where has() has shown that it is there. What stands before is a reference of its own. */
  readonly optional: boolean
}

/** Gathers an expression's references as the compiler meets them, and knows which paths has() guards at that place. */
export class References {
  readonly found: Reference[] = []
  readonly #source: string
  readonly #guards: string[] = []

  constructor(source: string) {
    this.#source = source
  }

  add(path: Path, site: Site, optional: boolean): void {
    const guarded = path.some((_, index) => this.#guards.includes(keyOf(path.slice(0, index + 1))))
    const position = positionAt(this.#source, site.start, site.end - site.start)
    this.found.push({ path, position, optional: optional || guarded })
  }

  /** Runs `compile` where the given paths are known to be there. */
  within<T>(guards: readonly Path[], compile: () => T): T {
    const before = this.#guards.length
    this.#guards.push(...guards.map(keyOf))
    const result = compile()
    this.#guards.length = before
    return result
  }
}

function keyOf(path: Path): string {
  return JSON.stringify(path)
}
