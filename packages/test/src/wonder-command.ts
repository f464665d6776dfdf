import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { until } from './until.ts'

const main = join(import.meta.dirname, '..', '..', '..', 'cli', 'src', 'main.ts')

/** Program and first arguments of the wonder command. */
export const wonderProgram = [process.execPath, '--disable-warning=ExperimentalWarning', main] as const

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
  readonly #texts = { stdout: '', stderr: '' }

  constructor(folder: string, args: readonly string[], env: { readonly [name: string]: string } = {}) {
    const [program, ...first] = wonderProgram
    this.child = spawn(program, [...first, ...args], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.finished = this.#finish()
  }

  get pid(): number {
    const { pid } = this.child
    if (pid === undefined) throw new Error('the command could not be started')
    return pid
  }

  /** What it has printed so far, on both streams. */
  get printed(): string {
    return this.#texts.stdout + this.#texts.stderr
  }

  /** Resolves when it has printed the text. */
  async untilPrinted(text: string | RegExp): Promise<void> {
    await until(`${text} in what it printed`, () => this.printed.search(text) !== -1).catch((error: unknown) => {
      throw new Error(`${error}; it printed: ${this.printed}`)
    })
  }

  async #finish(): Promise<Finished> {
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#texts[name] += text
      })
    }
    const [code] = await once(this.child, 'close')
    return { code: code as number | null, ...this.#texts }
  }

  /** kill -9: nothing of it can be handled. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const gone = this.child.exitCode === null && this.child.signalCode === null ? once(this.child, 'exit') : null
    this.child.kill('SIGKILL')
    await gone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
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
