import { type ErrorCode, WonderError } from '@wonder/errors'

/** What the harness says of a call that failed. */
export type FailedFrame = {
  readonly code: ErrorCode
  readonly message: string
  readonly stack?: string
}

/** The error of a failed call, worded for a person; it names the tool. */
export function toolFailure(tool: string, frame: FailedFrame): WonderError {
  const stack = ownStack(frame.stack ?? '')
  const at = stack[0] === undefined ? '' : ` (${stack[0].replace(/^at (.* \()?/, '').replace(/\)$/, '')})`
  const details = { tool, ...(stack.length === 0 ? {} : { stack }) }
  switch (frame.code) {
    case 'tool_forbidden':
      return forbidden(tool, frame.message, at, details)
    case 'tool_invalid_input':
      return new WonderError(frame.code, `Tool "${tool}" does not accept its input: ${frame.message}`, { details })
    case 'tool_invalid_output':
      return new WonderError(frame.code, `Tool "${tool}" returned a wrong output: ${frame.message}`, { details })
    case 'tool_output_too_large':
      return new WonderError(frame.code, `Tool "${tool}" returned too much: ${frame.message}`, { details })
    case 'tool_invalid':
      return new WonderError(frame.code, `Tool "${tool}" cannot be used: ${frame.message}`, { details })
    default:
      return new WonderError('tool_failed', `Tool "${tool}" failed: ${frame.message}${at}`, { details })
  }
}

/** Deno's sentence, such as `Requires read access to "/etc/passwd", run again with the --allow-read flag`. */
const required = /Requires (\w+) access(?: to "?(.*?)"?)?, run again with the --allow-(\w+) flag/

const permissionKinds = new Set(['read', 'write', 'net', 'env', 'run'])

function forbidden(
  tool: string,
  message: string,
  at: string,
  details: { readonly [key: string]: unknown },
): WonderError {
  const [, access = '', target, kind = access] = required.exec(message) ?? []
  const what = access === '' ? message : `${access} access${target === undefined ? '' : ` to "${target}"`}`
  const advice = permissionKinds.has(kind)
    ? `to allow it, add to its definition  permissions: { ${kind}: ['${(target ?? '…').replaceAll("'", "\\'")}'] }`
    : 'tools cannot have this permission'
  return new WonderError('tool_forbidden', `Tool "${tool}" may not have ${what}${at}: ${advice}`, {
    details: { ...details, access, ...(target === undefined ? {} : { target }) },
  })
}

/** The lines of the tool's own files, without the machinery around them. */
function ownStack(stack: string): readonly string[] {
  return stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at ') && !/harness\.mjs|ext:|node:|<anonymous>$|\(native/.test(line))
    .map((line) => line.replace(/file:\/\/\S*?\/tool-bundles\//, ''))
    .slice(0, 8)
}
