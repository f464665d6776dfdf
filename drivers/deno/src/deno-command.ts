import { isAbsolute, resolve } from 'node:path'
import { WonderError } from '@wonder/errors'
import type { ToolPermissions } from '@wonder/platform'

/** Nothing of the folder is looked at: no configuration, no package.json, no lock file, no node_modules. */
const alone = ['--no-prompt', '--no-config', '--no-lock', '--no-remote', '--node-modules-dir=none', '--quiet']

/** Has the bundle imports that Deno takes from npm? */
export function usesNpm(code: string): boolean {
  return /["']npm:/.test(code)
}

/** Arguments of Deno for one tool. Without `permissions` it may do nothing but read its own bundle. */
export function denoArguments(options: {
  readonly harness: string
  readonly bundleFile: string
  readonly code: string
  readonly permissions: ToolPermissions
  readonly cwd: string
  readonly memory: number
  readonly tool: string
}): readonly string[] {
  const { permissions, tool } = options
  const paths = (kind: 'read' | 'write') =>
    entries(permissions, kind, tool).map((path) => (isAbsolute(path) ? path : resolve(options.cwd, path)))
  return [
    'run',
    ...alone,
    // What npm: needs was fetched before: a running tool reaches no registry.
    usesNpm(options.code) ? '--cached-only' : '--no-npm',
    `--v8-flags=--max-old-space-size=${options.memory}`,
    // The harness imports the bundle by a computed path and this permission. Deno checks no permission for files that
    // it can see in the imports of the main module, so a bundle that belonged to those could import any file.
    allow('read', [options.bundleFile, ...paths('read')]),
    ...(permissions.write?.length ? [allow('write', paths('write'))] : []),
    ...(['net', 'env', 'run'] as const).flatMap((kind) => {
      const names = entries(permissions, kind, tool)
      if (names.length === 0) return []
      return kind !== 'env' && names.includes('*') ? [`--allow-${kind}`] : [allow(kind, names)]
    }),
    options.harness,
  ]
}

/** Arguments that fetch what a bundle imports from npm. */
export function cacheArguments(bundleFile: string): readonly string[] {
  return ['cache', ...alone.filter((flag) => flag !== '--no-prompt'), bundleFile]
}

function allow(kind: string, names: readonly string[]): string {
  return `--allow-${kind}=${names.join(',')}`
}

function entries(permissions: ToolPermissions, kind: keyof ToolPermissions, tool: string): readonly string[] {
  const names = permissions[kind] ?? []
  // An empty one would be read as "everything" or as the folder itself.
  if (names.some((name) => name.trim() === '')) {
    throw new WonderError(
      'tool_forbidden',
      `Cannot run tool "${tool}": an entry of its permissions.${kind} is empty; give the input that it is made of`,
    )
  }
  // Deno takes a comma for the end of an entry and knows no way to write one.
  const split = names.find((name) => name.includes(','))
  if (split !== undefined) {
    throw new WonderError(
      'tool_forbidden',
      `Cannot run tool "${tool}": "${split}" in its permissions.${kind} has a comma; list what it names one by one`,
    )
  }
  return names
}
