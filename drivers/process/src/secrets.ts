import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import type { Secrets } from '@wonder/platform'

/**
 * Secrets from the environment, over those of an `.env` file, which need not exist.
 * The file is read at each get(), so that a changed value is seen by the next task.
 */
export function environmentSecrets(options: {
  readonly env: { readonly [name: string]: string | undefined }
  /** Absolute path. */
  readonly envFile?: string
}): Secrets {
  return {
    async get(name) {
      if (Object.hasOwn(options.env, name)) return options.env[name]
      if (options.envFile === undefined) return undefined
      const values = parseEnv(await textOf(options.envFile))
      return Object.hasOwn(values, name) ? values[name] : undefined
    },
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
