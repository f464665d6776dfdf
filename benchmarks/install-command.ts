import { mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundleCommand } from '../scripts/bundle-command.ts'

/** Puts the command into a folder as `npm install` of what is published would: the path of the program. */
export async function installCommand(folder: string): Promise<string> {
  const modules = join(folder, 'node_modules')
  mkdirSync(modules, { recursive: true })
  for (const name of ['deno', 'elkjs', 'esbuild', 'node']) {
    symlinkSync(join(resolve(import.meta.dirname, '..'), 'node_modules', name), join(modules, name))
  }
  const command = join(modules, '@wonder/cli')
  await bundleCommand(command)
  return join(command, 'bin/wonder')
}
