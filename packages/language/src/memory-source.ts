import { type SourcePosition, WonderError } from '@wonder/errors'
import type { ToolBundle } from '@wonder/platform'
import type { ProjectSource } from './project.ts'

export type { SourcePosition }

/** A project in memory: its files' texts, and what its tools say of themselves. */
export function memorySource(
  files: { readonly [path: string]: string },
  tools: { readonly [path: string]: ToolBundle['description'] | WonderError } = {},
): ProjectSource {
  return {
    read: async (path) => files[path] ?? null,
    find: async (patterns) =>
      [...Object.keys(files), ...Object.keys(tools)]
        .filter((path) => patterns.some((pattern) => matches(path, pattern)))
        .sort(),
    tool: async (path) => {
      const tool = tools[path]
      if (tool === undefined) throw new WonderError('tool_invalid', `Cannot read ${path}`)
      if (tool instanceof WonderError) throw tool
      return { digest: `sha256:${path}`, code: '', description: tool }
    },
  }
}

function matches(path: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**/', '\u0000')
    .replaceAll('*', '[^/]*')
    .replaceAll('\u0000', '(?:.*/)?')
  return new RegExp(`^${source}$`).test(path)
}
