import { readdir, readFile, realpath } from 'node:fs/promises'
import { join, matchesGlob, relative, sep } from 'node:path'
import type { ForeignFiles } from '@wonder/language/convert'

const IGNORED = new Set(['node_modules', '.git'])

/** The files of a folder that is converted. Nothing outside of it is read, also not through a link. */
export function foreignFiles(folder: string): ForeignFiles {
  return {
    async read(path) {
      try {
        const root = await realpath(folder)
        const file = await realpath(join(root, path))
        return file.startsWith(root + sep) ? await readFile(file, 'utf8') : null
      } catch (error) {
        if (error instanceof Error && 'code' in error && ABSENT.includes(String(error.code))) return null
        throw error
      }
    },
    async find(patterns) {
      const paths = await filesIn(folder, folder)
      return paths.filter((path) => patterns.some((pattern) => matchesGlob(path, pattern))).sort()
    },
  }
}

const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR', 'EISDIR']

async function filesIn(root: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return IGNORED.has(entry.name) ? [] : filesIn(root, path)
    return entry.isFile() ? [relative(root, path).replaceAll('\\', '/')] : []
  })
  return (await Promise.all(found)).flat()
}
