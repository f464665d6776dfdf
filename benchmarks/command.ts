import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'

/** The command from the sources of this repository. */
export const sourceCommand = join(resolve(import.meta.dirname, '..'), 'cli/bin/wonder')

/** The command as a user has it installed, which main.ts builds. */
const wonder = process.env.WONDER_COMMAND ?? sourceCommand

export type Command = {
  readonly folder: string
  readonly env?: { readonly [name: string]: string }
  /** Default: the command `wonder`. */
  readonly program?: string
}

/** Starts a program. What Node compiles is cached in a folder of the benchmark's own. */
export function start(args: readonly string[], { folder, env, program = wonder }: Command) {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', NODE_COMPILE_CACHE: process.env.BENCH_CACHE ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  return {
    ended,
    /** kill -9; resolves when the process is gone. */
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Milliseconds of a whole process. Throws with what it said when it fails. */
export async function timeOf(args: readonly string[], command: Command): Promise<number> {
  const begin = performance.now()
  const { code, output } = await start(args, command).ended
  if (code !== 0) throw new Error(`"${args.join(' ')}" ended with ${code}:\n${output}`)
  return performance.now() - begin
}
