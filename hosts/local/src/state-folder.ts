import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WonderError } from '@wonder/errors'

/** Where a project's runs are kept: `.wonder` of its folder. */
export type StateFolder = {
  readonly root: string
  readonly database: string
  readonly logs: string
  readonly blobs: string
  readonly cache: string
  /** Path of the socket of a host; short enough for the platform. */
  socket(host: string): Promise<string>
}

/** A Unix socket's path has at most 107 bytes on Linux, 103 on macOS. */
const longestSocketPath = 100

/**
 * Makes the folder, for this user alone, with a `.gitignore` that leaves all of it out.
 *
 * @throws WonderError `store_unavailable` when it cannot be made
 */
export async function openStateFolder(project: string): Promise<StateFolder> {
  const root = join(project, '.wonder')
  try {
    await mkdir(join(root, 'hosts'), { recursive: true, mode: 0o700 })
    await mkdir(join(root, 'cache'), { recursive: true })
    await mkdir(join(root, 'blobs'), { recursive: true })
    await writeFile(join(root, '.gitignore'), '*\n', { flag: 'wx' }).catch(existsAlready)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WonderError('store_unavailable', `Cannot keep runs in "${root}": ${reason}`, { cause })
  }
  return {
    root,
    database: join(root, 'wonder.db'),
    logs: join(root, 'logs.db'),
    blobs: join(root, 'blobs'),
    cache: join(root, 'cache'),
    async socket(host) {
      const near = join(root, 'hosts', `${host}.sock`)
      if (Buffer.byteLength(near) <= longestSocketPath) return near
      const far = join(tmpdir(), `wonder-${process.getuid?.() ?? 'user'}`)
      await mkdir(far, { recursive: true, mode: 0o700 })
      return join(far, `${host}.sock`)
    },
  }
}

function existsAlready(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}
