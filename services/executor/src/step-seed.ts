/** A seed of its own for each step of an attempt: FNV-1a over the step's ref, begun with the attempt's seed. */
export function stepSeed(seed: number, step: string): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0
  for (let at = 0; at < step.length; at++) hash = Math.imul(hash ^ step.charCodeAt(at), 0x01000193) >>> 0
  return hash
}
