import { WonderError } from '@wonder/errors'
import type { Json, JsonObject, ProcessResult } from '@wonder/platform'
import type { Action, ActionContext } from '../action.ts'
import { ConfigReader } from '../config-reader.ts'
import { parseJson } from '../json-text.ts'
import { isMachineBusy } from '../machine-busy.ts'
import { pathInProject } from '../project-path.ts'

/** Bytes kept of each of stdout and stderr. */
const MAX_OUTPUT = 10_000_000
/** Lines of stderr that an error shows. */
const SHOWN_LINES = 5
/** UTF-16 units of stderr that an error carries. */
const STDERR_TAIL = 4_000

type Parse = 'none' | 'text' | 'lines' | 'json'

/**
 * `{command: [program, …arguments]}` or `{script}`; `cwd`, `env`, `stdin`, `parse`, `ok_exit_codes` → `{exit_code, stdout, stderr, value}`.
 *
 * A script runs as `bash -euo pipefail -c`. Of the environment only PATH, HOME, LANG and the task's own `env` pass.
 */
export const shellAction: Action = {
  kind: 'shell',
  async run(config, context) {
    const fields = new ConfigReader('shell', config)
    const command = commandOf(fields)
    const parse = fields.oneOf('parse', ['none', 'text', 'lines', 'json'], 'none')
    const okExitCodes = fields.list('ok_exit_codes', [0])
    const { sandbox, files } = context.ports
    const stdin = fields.any('stdin')
    const result = await sandbox.run({
      command,
      cwd: pathInProject(files.root, fields.text('cwd', '.')),
      root: files.root,
      env: fields.texts('env'),
      ...(stdin === undefined ? {} : { stdin: typeof stdin === 'string' ? stdin : JSON.stringify(stdin) }),
      maxOutput: MAX_OUTPUT,
      signal: context.signal,
      onLine: (stream, line) => context.log(stream === 'stdout' ? 'info' : 'warn', stream, line),
    })
    if (result.exitCode === null || !okExitCodes.includes(result.exitCode)) throw failed(command, result, context)
    const value = parsedOutput(result, parse, context)
    const clean = (text: string) => (result.truncated ? context.redactCut(text) : text)
    return { exit_code: result.exitCode, stdout: clean(result.stdout), stderr: clean(result.stderr), value }
  },
  isPassing: isMachineBusy,
  textOf: (output: JsonObject) => output.stdout,
}

function commandOf(fields: ConfigReader): [string, ...string[]] {
  const script = fields.optionalText('script')
  if (script !== undefined) return ['bash', '-euo', 'pipefail', '-c', script]
  const [program, ...rest] = fields.textList('command')
  if (program === undefined || program === '') return fields.fail('command', 'a program and its arguments', undefined)
  return [program, ...rest]
}

function parsedOutput(result: ProcessResult, parse: Parse, context: ActionContext): Json {
  if (result.truncated) {
    if (parse !== 'none') {
      throw new WonderError(
        'shell_output_too_large',
        `Cannot parse the output as ${parse}: it is larger than ${MAX_OUTPUT} bytes`,
      )
    }
    context.log('warn', 'log', `The output was larger than ${MAX_OUTPUT} bytes: the rest is not kept`)
  }
  if (parse === 'none') return null
  if (parse === 'text') return result.stdout
  if (parse === 'lines') return linesOf(result.stdout)
  const parsed = parseJson(result.stdout)
  if (parsed.ok) return parsed.value
  const { line, column, offset } = parsed.position
  throw new WonderError(
    'shell_invalid_json',
    `Cannot read the output as JSON: ${parsed.reason} at line ${line}, column ${column}`,
    {
      details: { line, column, offset },
    },
  )
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function failed(command: readonly string[], result: ProcessResult, context: ActionContext): WonderError {
  const { exitCode } = result
  const stderr = result.truncated ? context.redactCut(result.stderr) : context.redact(result.stderr)
  const ending = exitCode === null ? 'was ended by a signal' : `ended with exit code ${exitCode}`
  const lines = linesOf(stderr.trimEnd())
  const shown = lines.slice(-SHOWN_LINES).join('\n')
  const what = command[1] === '-euo' ? 'The script' : `"${command[0]}"`
  return new WonderError('shell_failed', `${what} ${ending}${shown === '' ? '' : `: ${shown.slice(-STDERR_TAIL)}`}`, {
    details: { exit_code: exitCode, stderr: stderr.slice(-STDERR_TAIL) },
  })
}
