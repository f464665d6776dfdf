import { createReadStream, type Dirent, type Stats } from 'node:fs'
import { glob, realpath, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { WonderError } from '@wonder/errors'
import type { ProjectFiles } from '@wonder/platform'
import { isInside, realPathInside } from './inside.ts'

const leftOut = new Set(['.wonder', '.git'])

/** The files of the project in the folder `root`. A link to a file inside the project counts as that file. */
export function projectFiles(root: string): ProjectFiles {
  const folder = resolve(root)
  return {
    root: folder,

    async find(patterns) {
      const found = new Set<string>()
      const own = new OwnFiles(folder)
      for (const pattern of patterns) {
        if (!isInside(folder, resolve(folder, pattern)) || pattern.split(/[/\\]/).includes('..')) {
          throw new WonderError(
            'path_outside_project',
            `Cannot find files by "${pattern}": it leads out of the project`,
          )
        }
        const matches = glob(pattern, {
          cwd: folder,
          withFileTypes: true,
          exclude: (entry) => leftOut.has(entry.name),
        })
        for await (const entry of matches) {
          const path = join(entry.parentPath, entry.name)
          const parts = path.slice(folder.length + 1).split(sep)
          if (parts.some((part) => leftOut.has(part))) continue
          if (await own.has(entry)) found.add(parts.join('/'))
        }
      }
      return [...found].sort()
    },

    async open(path) {
      const real = await existing(folder, path)
      if (!(await stat(real)).isFile()) {
        throw new WonderError('file_not_found', `Cannot open "${path}": it is not a file`)
      }
      return createReadStream(real)
    },
  }
}

/** Tells files of the project from links that lead out of it. A folder is looked up once for all its files. */
class OwnFiles {
  readonly #root: string
  readonly #folders = new Map<string, boolean>()

  constructor(root: string) {
    this.#root = root
  }

  async has(entry: Dirent): Promise<boolean> {
    const { parentPath } = entry
    if (entry.isSymbolicLink()) return (await this.#own(join(parentPath, entry.name)))?.isFile() === true
    if (!entry.isFile()) return false
    const inside = this.#folders.get(parentPath) ?? (await this.#own(parentPath)) !== undefined
    this.#folders.set(parentPath, inside)
    return inside
  }

  /** What a path leads to, when that is in the project. */
  async #own(path: string): Promise<Stats | undefined> {
    try {
      const real = await realpath(path)
      return isInside(await realpath(this.#root), real) ? await stat(real) : undefined
    } catch (error) {
      // A link to nothing, or a file that was removed meanwhile, is not there.
      if (error instanceof Error && 'code' in error && error.code !== 'EACCES') return undefined
      throw error
    }
  }
}

async function existing(folder: string, path: string): Promise<string> {
  try {
    return await realPathInside(folder, resolve(folder, path))
  } catch (error) {
    if (error instanceof WonderError) throw error
    throw new WonderError('file_not_found', `Cannot open "${path}": there is no such file in the project`, {
      cause: error,
    })
  }
}
