import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProjectSource } from '@wonder/language'
import type { ProjectFiles, ToolRuntime } from '@wonder/platform'

/** A project's files, from its folder. */
export function folderSource(files: ProjectFiles, tools: ToolRuntime): ProjectSource {
  const { document } = tools
  return {
    async read(path) {
      try {
        return await readFile(join(files.root, path), 'utf8')
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
