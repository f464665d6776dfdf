/** A JSON pointer (RFC 6901) of `segments`. The root is ''. */
export function pointerOf(segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${escapeSegment(String(segment))}`).join('')
}

/** The pointer of a child. */
export function childPointer(pointer: string, segment: string | number): string {
  return `${pointer}/${escapeSegment(String(segment))}`
}

/** The segments of a pointer that came as a URI fragment. */
export function segmentsOf(fragment: string): string[] {
  return decodeURIComponent(fragment)
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function escapeSegment(segment: string): string {
  return /[~/]/.test(segment) ? segment.replaceAll('~', '~0').replaceAll('/', '~1') : segment
}
