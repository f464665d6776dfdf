import { WonderError } from '@wonder/errors'
import type { JsonObject, ToolPermissions } from '@wonder/platform'
import { checkPermissionAllowed } from './network-rules.ts'
import { absolutePath, isWithin } from './project-path.ts'
import type { TemplateCache } from './template-cache.ts'

export type PermissionRules = {
  readonly templates: TemplateCache
  /** The project's folder, absolute. */
  readonly root: string
  /** `settings.network.allow` */
  readonly allow: readonly string[] | undefined
}

/**
 * A tool's permissions for one call: templates over `input` written out, paths absolute, hosts checked.
 *
 * What the input puts into a path stays below the folder that is written before it: of `data/{{ input.name }}` no
 * name makes anything outside of `data`.
 *
 * @throws WonderError `tool_permission_invalid`, `http_host_not_allowed`
 */
export function resolvePermissions(
  permissions: ToolPermissions,
  input: JsonObject,
  rules: PermissionRules,
): ToolPermissions {
  const write = (text: string): string => {
    const written = text.includes('{{') ? rules.templates.get('none', text, text).render({ input }) : text
    // Runtimes take an empty entry for everything.
    if (written.trim() === '') throw invalid(text, 'it comes out empty')
    if (/[\0\r\n]/.test(written)) throw invalid(text, 'it holds a line break')
    return written
  }
  const path = (text: string): string => {
    const absolute = absolutePath(rules.root, write(text))
    const folder = literalFolder(text)
    if (folder !== null && !isWithin(absolutePath(rules.root, folder), absolute)) {
      throw invalid(text, `"${absolute}" leads out of "${folder}"`)
    }
    return absolute
  }
  const host = (text: string): string => {
    const written = write(text)
    checkPermissionAllowed(written, rules.allow)
    return written
  }
  return {
    ...(permissions.read === undefined ? {} : { read: permissions.read.map(path) }),
    ...(permissions.write === undefined ? {} : { write: permissions.write.map(path) }),
    ...(permissions.net === undefined ? {} : { net: permissions.net.map(host) }),
    ...(permissions.env === undefined ? {} : { env: permissions.env.map(write) }),
    ...(permissions.run === undefined ? {} : { run: permissions.run.map(write) }),
  }
}

/** The folder that is written before the first value; null when the whole path comes from the input. */
function literalFolder(text: string): string | null {
  const first = text.indexOf('{{')
  if (first === -1) return null
  const slash = text.slice(0, first).lastIndexOf('/')
  return slash === -1 ? null : text.slice(0, slash + 1)
}

function invalid(text: string, reason: string): WonderError {
  return new WonderError('tool_permission_invalid', `Cannot grant the permission "${text}": ${reason}`, {
    details: { permission: text },
  })
}
