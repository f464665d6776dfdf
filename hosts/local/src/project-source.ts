import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProjectSource } from '@wonder/language'
import type { ProjectFiles, ToolRuntime } from '@wonder/platform'

/** A project's files, from its folder. */
export function folderSource(files: ProjectFiles, tools: ToolRuntime): ProjectSource {
  const { document } = tools
  return {
    // A small file is read at once in a tenth of the time that it takes to wait for it, and far less than parsing it.
    async read(path) {
      try {
        return readFileSync(join(files.root, path), 'utf8')
      } catch (error) {
        if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR'))
          return null
        throw error
      }
    },
    find: (patterns) => files.find(patterns),
    tool: (path) => tools.bundle(join(files.root, path)),
    ...(document === undefined ? {} : { document: (path: string) => document(join(files.root, path)) }),
  }
}
