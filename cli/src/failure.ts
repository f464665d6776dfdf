import { catalogue, type Diagnostic, type ErrorBody, InvariantError, toErrorBody, WonderError } from '@wonder/errors'
import type { Output } from './output.ts'

/**
 * The one place that turns anything thrown into what a person or a program reads, and into the exit code.
 * People get it on stderr, programs `{"error": {…}}` on stdout.
 */
export async function reportFailure(thrown: unknown, output: Output): Promise<number> {
  const body = toErrorBody(thrown)
  if (output.json) output.object({ error: body })
  else output.stderr.write(`${await failureText(thrown, output)}\n`)
  if (process.env.WONDER_DEBUG && thrown instanceof Error) output.stderr.write(`${thrown.stack}\n`)
  return exitCodeOf(body)
}

/** The exit code of an error: its row's, 1 for a code that this version does not know. */
function exitCodeOf(error: Pick<ErrorBody, 'code'>): number {
  return Object.hasOwn(catalogue, error.code) ? catalogue[error.code as keyof typeof catalogue].exit : 1
}

async function failureText(thrown: unknown, output: Output): Promise<string> {
  const paint = output.paintNote
  const body = toErrorBody(thrown)
  const lines: string[] = []
  const diagnostics = diagnosticsOf(thrown)
  if (diagnostics.length > 0) lines.push(await diagnosticsText(diagnostics, output), '')
  lines.push(`${paint('red', 'error')}  ${body.message}`)
  const hint = body.details?.hint
  if (typeof hint === 'string') lines.push(`       ${hint}`)
  const explainable =
    Object.hasOwn(catalogue, body.code) && body.code !== 'internal' && !(thrown instanceof InvariantError)
  if (explainable && diagnostics.length === 0 && typeof hint !== 'string')
    lines.push(`       ${paint('dim', `wonder explain ${body.code}`)}`)
  if (!explainable)
    lines.push(`       ${paint('dim', 'This should not happen. WONDER_DEBUG=1 shows where it comes from.')}`)
  return lines.join('\n')
}

/** Every diagnostic as its file, line and mark. */
export async function diagnosticsText(diagnostics: readonly Diagnostic[], output: Output): Promise<string> {
  const { formatDiagnostic } = await import('@wonder/language')
  const paint = output.paintNote
  const styles = {
    place: 'bold',
    error: 'red',
    warning: 'yellow',
    code: 'dim',
    gutter: 'dim',
    mark: 'red',
    help: 'cyan',
  } as const
  const color = (style: keyof typeof styles, text: string) => paint(styles[style], text)
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, { color })).join('\n\n')
}

function diagnosticsOf(thrown: unknown): readonly Diagnostic[] {
  const found = thrown instanceof WonderError ? thrown.details.diagnostics : undefined
  return Array.isArray(found) ? (found as readonly Diagnostic[]) : []
}
