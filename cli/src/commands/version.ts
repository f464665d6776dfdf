import type { CommandContext } from '../command-context.ts'
import { packageVersion } from '../package-version.ts'

/** `wonder version` */
export async function version({ output }: CommandContext): Promise<void> {
  const version = await packageVersion()
  output.line(`wonder ${version} (Node ${process.versions.node})`)
  output.object({ version, node: process.versions.node })
}
