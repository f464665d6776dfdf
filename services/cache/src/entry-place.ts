/** Where a result is in Blobs: `cache/<hex of its name>/<stored>.<expires>`. Times are epoch ms. Durable. */
export type EntryPlace = { readonly name: string; readonly stored: number; readonly expires: number | null }

export const root = 'cache'

const entryKey = /^cache\/([0-9a-f]{64})\/(\d+)\.(\d+|never)\/entry$/

/** The folder of all results of a name. */
export function folderOf(name: string): string {
  return `${root}/${name.replace(/^sha256:/, '')}`
}

/** The folder of one result. */
export function prefixOf({ name, stored, expires }: EntryPlace): string {
  return `${folderOf(name)}/${stored}.${expires ?? 'never'}`
}

/** Null: the key is not that of a result. */
export function placeOf(key: string): EntryPlace | null {
  const [, hex, stored, expires] = entryKey.exec(key) ?? []
  if (hex === undefined) return null
  return { name: `sha256:${hex}`, stored: Number(stored), expires: expires === 'never' ? null : Number(expires) }
}

export function isExpired({ expires }: EntryPlace, now: number): boolean {
  return expires !== null && expires <= now
}
