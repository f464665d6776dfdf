import { WonderError } from '@wonder/errors'

/** An absolute path, without `.` and `..`; a relative one starts at `root`. */
export function absolutePath(root: string, path: string): string {
  const absolute = path.startsWith('/') ? path : `${root}/${path}`
  const segments: string[] = []
  for (const segment of absolute.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return `/${segments.join('/')}`
}

/** Is an absolute path the folder itself, or in it? Links are not followed. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

/**
 * An absolute path that lies in the project.
 *
 * @throws WonderError `path_outside_project`
 */
export function pathInProject(root: string, path: string): string {
  const absolute = absolutePath(root, path)
  if (isWithin(absolutePath('/', root), absolute)) return absolute
  throw new WonderError(
    'path_outside_project',
    `Cannot use "${path}": it leads out of the project's folder "${root}"`,
    {
      details: { path, root },
    },
  )
}
