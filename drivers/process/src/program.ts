import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { WonderError } from '@wonder/errors'

/**
 * The file of a program: a path as it is, a name by PATH.
 *
 * @throws WonderError `shell_not_started`.
 */
export async function programFile(name: string, cwd: string, path: string): Promise<string> {
  const isPath = name.includes('/')
  const candidates = isPath
    ? [resolve(cwd, name)]
    : path
        .split(delimiter)
        .filter((folder) => folder !== '')
        .map((folder) => join(resolve(cwd, folder), name))
  let found: string | undefined
  for (const file of candidates) {
    const state = await stateOf(file)
    if (state === 'runs') return file
    if (state === 'exists') found ??= file
  }
  const reason =
    found !== undefined
      ? `${found} is not an executable file`
      : isPath
        ? `there is no file ${candidates[0]}`
        : `it is not installed, or not on PATH (${path})`
  throw notStarted(name, reason)
}

export function notStarted(name: string, reason: string, cause?: unknown): WonderError {
  return new WonderError('shell_not_started', `Cannot start "${name}": ${reason}`, {
    details: { program: name },
    ...(cause === undefined ? {} : { cause }),
  })
}

async function stateOf(file: string): Promise<'runs' | 'exists' | 'missing'> {
  try {
    if (!(await stat(file)).isFile()) return 'exists'
  } catch {
    return 'missing'
  }
  try {
    await access(file, constants.X_OK)
    return 'runs'
  } catch {
    return 'exists'
  }
}
