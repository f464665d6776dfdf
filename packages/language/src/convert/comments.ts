import type { Placed } from './remarks.ts'

/** Comments around a part of a YAML file, without their `#`. */
export type Comments = { readonly above?: string; readonly beside?: string }

/** The comment lines directly above the line of `start`, and the comment behind `end` on its line. */
export function commentsAround(start: Placed, end: Placed): Comments {
  const above = commentAbove(start)
  const beside = commentBeside(end)
  return { ...(above === undefined ? {} : { above }), ...(beside === undefined ? {} : { beside }) }
}

function commentAbove({ file, span }: Placed): string | undefined {
  const place = file.place(span.start)
  const before = file.line(place.line).slice(0, place.column - 1)
  if (!/^[\s-]*$/.test(before)) return undefined
  const lines: string[] = []
  for (let line = place.line - 1; line > 0; line--) {
    const found = /^\s*#(.*)$/.exec(file.line(line))
    if (found === null) break
    lines.unshift(found[1] ?? '')
  }
  return lines.length === 0 ? undefined : lines.join('\n')
}

function commentBeside({ file, span }: Placed): string | undefined {
  const { line, column } = file.place(span.end)
  return /^\s*,?\s+#(.*)$/.exec(file.line(line).slice(column - 1))?.[1]
}
