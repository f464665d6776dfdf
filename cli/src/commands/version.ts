import { readFile } from 'node:fs/promises'
import type { CommandContext } from '../command-context.ts'

/** `wonder version` */
export async function version({ output }: CommandContext): Promise<void> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  output.line(`wonder ${version} (Node ${process.versions.node})`)
  output.object({ version, node: process.versions.node })
}
