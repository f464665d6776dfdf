import { isBlobMarker, type Json } from '@wonder/engine'

/** The value with its large parts in it, as a task gave it: they are the value itself, or members of it. */
export async function inline(value: Json, load: (digest: string) => Promise<Json>): Promise<Json> {
  if (isBlobMarker(value)) return await load(value.$blob)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = Object.entries(value)
  if (!members.some(([, member]) => isBlobMarker(member))) return value
  const whole = await Promise.all(
    members.map(async ([key, member]) => [key, isBlobMarker(member) ? await load(member.$blob) : member] as const),
  )
  return Object.fromEntries(whole)
}
