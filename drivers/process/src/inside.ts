import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, sep } from 'node:path'
import { WonderError } from '@wonder/errors'

/** Is `path` the folder `root` or below it? By name alone: links are not followed. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

/**
 * The true path of what exists at `path`, links followed.
 *
 * @throws WonderError `path_outside_project` when it lies outside of `root`; what `realpath` throws when nothing is there.
 */
export async function realPathInside(root: string, path: string): Promise<string> {
  if (!isInside(root, path)) throw outside(root, path)
  const real = await realpath(path)
  if (!isInside(await realpath(root), real)) throw outside(root, path, real)
  return real
}

function outside(root: string, path: string, real?: string): WonderError {
  const way = real === undefined ? '' : ` by a link to "${real}"`
  return new WonderError('path_outside_project', `Cannot use "${path}": it leads${way} out of the project "${root}"`)
}
