import type { Diagnostic } from '@wonder/errors'

/** What a part of a printed diagnostic is; a terminal gives each a colour. */
export type DiagnosticStyle = 'place' | 'error' | 'warning' | 'code' | 'gutter' | 'mark' | 'help'

/**
 * One diagnostic as a person reads it: the place, the line with the mistake underlined, what is wrong, and what to write.
 *
 * @example
 * workflows/health.yaml:34:23  error  unknown_task
 *   34 |     with: { rank: "{{ tasks.rnak.output }}" }
 *      |                       ^^^^^^^^^^ there is no task "rnak" in workflow "health"
 *      Did you mean "rank"?  wonder explain unknown_task
 */
export function formatDiagnostic(
  diagnostic: Diagnostic,
  options: { readonly color?: (style: DiagnosticStyle, text: string) => string } = {},
): string {
  const color = options.color ?? ((_style, text) => text)
  const { severity, code, message, file, line, column, help } = diagnostic
  const number = String(line)
  const blank = ' '.repeat(number.length)
  const { text, shift } = excerpt(diagnostic.source, column - 1)
  const before = text.slice(0, column - 1 - shift).replace(/[^\t]/g, ' ')
  const length = Math.max(1, Math.min(diagnostic.length, text.length - (column - 1 - shift)))
  const mark = color(severity, '^'.repeat(length))
  const explain = color('code', `wonder explain ${code}`)
  return [
    `${color('place', `${file}:${line}:${column}`)}  ${color(severity, severity)}  ${color('code', code)}`,
    `  ${color('gutter', `${number} |`)} ${text}`.trimEnd(),
    `  ${color('gutter', `${blank} |`)} ${before}${mark} ${color('mark', message)}`,
    `  ${blank} ${help === undefined ? explain : `${color('help', help)}  ${explain}`}`,
  ].join('\n')
}

/** A very long line is cut to what stands around the mark. */
function excerpt(source: string, at: number): { readonly text: string; readonly shift: number } {
  if (source.length <= 160) return { text: source, shift: 0 }
  const shift = Math.max(0, at - 60)
  return { text: source.slice(shift, shift + 160), shift }
}
