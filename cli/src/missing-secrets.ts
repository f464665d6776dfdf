import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Project, SecretName } from '@wonder/language'

/** The secrets that the project names and neither the environment nor its env_file has. Values are not kept. */
export async function missingSecrets(
  project: Pick<Project, 'secrets' | 'envFile'>,
  folder: string,
): Promise<readonly SecretName[]> {
  if (project.secrets.length === 0) return []
  const file = project.envFile === undefined ? {} : await readEnvFile(join(folder, project.envFile))
  return project.secrets.filter(({ name }) => process.env[name] === undefined && !Object.hasOwn(file, name))
}

/** One line for people; undefined when nothing is missing. */
export function missingSecretsText(missing: readonly SecretName[]): string | undefined {
  if (missing.length === 0) return undefined
  const names = missing.map(({ name, optional }) => (optional ? `${name} (may be missing)` : name))
  return `Secrets without a value here: ${names.join(', ')}`
}

async function readEnvFile(path: string): Promise<object> {
  try {
    return parseEnv(await readFile(path, 'utf8'))
  } catch (error) {
    // A file that is not there has no values; what it should have had is told as missing.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}
