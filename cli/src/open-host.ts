import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { WonderError } from '@wonder/errors'
import type { LocalHost, LocalHostOptions } from '@wonder/host-local'
import type { CommandContext } from './command-context.ts'

/** Opens the project that the command is about, does the work, and lets go of it. */
export async function withHost<T>(
  context: CommandContext,
  options: { readonly role: LocalHostOptions['role']; readonly env?: string | undefined },
  work: (host: LocalHost) => Promise<T>,
): Promise<T> {
  const project = projectFolder(context.project)
  const environment = environmentName(options.env)
  const { openLocalHost } = await import('@wonder/host-local')
  const host = await openLocalHost({
    project,
    role: options.role,
    ...(environment === undefined ? {} : { environment }),
  })
  try {
    const done = await work(host)
    await host.finishTakenUp((run) =>
      context.output.note(`Run ${run} was waiting, and goes on here: nobody else drives it.`),
    )
    return done
  } finally {
    await host.close()
  }
}

/** The folder with wonder.yaml: the one that was named, else the nearest at or above `from`. */
export function projectFolder(named: string | undefined, from: string = process.cwd()): string {
  const start = resolve(from, named ?? '.')
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'wonder.yaml'))) return folder
    if (named !== undefined || folder === dirname(folder)) break
  }
  const where = named === undefined ? `"${start}" or above` : `"${start}"`
  throw new WonderError('project_not_found', `Cannot find a project: there is no wonder.yaml in ${where}`, {
    details: { hint: 'Make one with: wonder init my-project' },
  })
}

/** The environment of the project: `--env`, else WONDER_ENV. */
export function environmentName(option: string | undefined): string | undefined {
  return option ?? (process.env.WONDER_ENV || undefined)
}

/** Who asks, for the journal. */
export function whoAsks(): string {
  try {
    return userInfo().username
  } catch {
    // A user id without a name, as containers have them.
    return `uid:${process.getuid?.() ?? 'unknown'}`
  }
}
