import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const main = join(import.meta.dirname, '..', '..', '..', 'cli', 'src', 'main.ts')

export type Finished = {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The wonder command as a process of its own, as a person would start it, without a terminal. */
export class WonderCommand {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>

  constructor(folder: string, args: readonly string[], env: { readonly [name: string]: string } = {}) {
    this.child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.finished = this.#finish()
  }

  async #finish(): Promise<Finished> {
    const texts = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]?.setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text
      })
    }
    const [code] = await once(this.child, 'close')
    return { code: code as number | null, ...texts }
  }

  /** kill -9: nothing of it can be handled. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.finished
  }
}

/** Runs the command to its end. */
export function wonder(folder: string, ...args: readonly string[]): Promise<Finished> {
  return new WonderCommand(folder, args).finished
}

/** Runs the command with `--json` and gives its object; a failure is an error with what it printed. */
export async function wonderJson<T>(folder: string, ...args: readonly string[]): Promise<T> {
  const { stdout, stderr } = await wonder(folder, ...args, '--json')
  try {
    return JSON.parse(stdout) as T
  } catch {
    throw new Error(`wonder ${args.join(' ')} printed no JSON: ${stdout}\n${stderr}`)
  }
}
