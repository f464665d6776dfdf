import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A nameless file with this text, open for reading, as a program's stdin.
 *
 * Not a pipe of Node, which is a socket: bash with a socket as stdin takes itself for a remote shell and runs the
 * user's .bashrc first. A file also needs no care when the program ends without having read it.
 */
export async function stdinFile(text: string): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'wonder-stdin-'))
  try {
    const file = join(folder, 'stdin')
    await writeFile(file, text, { mode: 0o600 })
    return await open(file, 'r')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
