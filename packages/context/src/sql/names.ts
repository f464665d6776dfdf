/** Columns that PostgreSQL has in every table, and a name that drivers lose when they make an object of a row. */
const SYSTEM = ['__proto__', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid', 'oid']
/** PostgreSQL cuts longer names, silently. */
const MOST_BYTES = 63

/** Gives out names for columns or tables; none twice, not even in another case, which SQLite would not tell apart. */
export class Names {
  readonly #taken: Set<string>

  constructor(taken: readonly string[] = SYSTEM) {
    this.#taken = new Set(taken)
  }

  take(...parts: readonly string[]): string {
    const wanted = fitting(parts.join('_'))
    for (let number = 1; ; number++) {
      const name = number === 1 ? wanted : `${shortened(wanted, MOST_BYTES - 8)}_${number}`
      if (this.#taken.has(name.toLowerCase())) continue
      this.#taken.add(name.toLowerCase())
      return name
    }
  }
}

function fitting(name: string): string {
  const clean = name
    .replaceAll('\0', '_')
    .toWellFormed()
    .replace(/^sqlite_/i, '_$&')
  if (clean === '') return '_'
  return bytesOf(clean) <= MOST_BYTES ? clean : `${shortened(clean, MOST_BYTES - 9)}_${hashOf(clean)}`
}

function shortened(name: string, bytes: number): string {
  let short = ''
  let used = 0
  for (const character of name) {
    used += bytesOf(character)
    if (used > bytes) break
    short += character
  }
  return short
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}

/** FNV-1a: names that begin alike stay apart. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
