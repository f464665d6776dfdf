import { WonderError } from '@wonder/errors'

/**
 * Counts members, items and the characters of names and texts, with a stack of its own: depth does not matter.
 *
 * @throws WonderError `limit_exceeded` above `most`.
 */
export function refuseLarge(value: unknown, most: number): void {
  const waiting = [value]
  let size = 0
  while (waiting.length > 0) {
    const next = waiting.pop()
    size += 1
    if (typeof next === 'string') size += next.length
    else if (Array.isArray(next)) {
      if (size + waiting.length + next.length <= most) for (const item of next) waiting.push(item)
      else size = Number.POSITIVE_INFINITY
    } else if (typeof next === 'object' && next !== null) {
      for (const [name, member] of Object.entries(next)) {
        size += name.length
        waiting.push(member)
      }
    }
    if (size + waiting.length > most) {
      throw new WonderError('limit_exceeded', `Cannot check the value: it is larger than ${most}`)
    }
  }
}
