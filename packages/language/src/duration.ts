const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const SIZES: { readonly [unit: string]: number } = { B: 1, KB: 1_000, MB: 1_000_000, GB: 1_000_000_000 }

/** Milliseconds of `250ms`, `1s`, `5m`, `2h`, `3d`, `1.5h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  return scaled(/^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text), UNITS)
}

/** Bytes of `500KB`, `10MB`, `1GB`, `200B`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  return scaled(/^(\d+(?:\.\d+)?)(B|KB|MB|GB)$/.exec(text), SIZES)
}

function scaled(found: RegExpExecArray | null, units: { readonly [unit: string]: number }): number | undefined {
  const factor = units[found?.[2] ?? '']
  return factor === undefined ? undefined : Math.round(Number(found?.[1]) * factor)
}
