import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { PeerAnswer, PeerRequest } from './serve-peer.ts'

/** An engine in a process of its own (`serve-peer.ts`), asked one thing at a time. */
export class PeerProcess {
  readonly #child: ChildProcess
  readonly #servers: number[] = []
  #answer: ((answer: PeerAnswer) => void) | undefined
  #errors = ''

  constructor(about: { readonly name: string; readonly modules: string; readonly folder: string }) {
    const env = { ...process.env, DO_NOT_TRACK: '1', RESTATE_LOGGING: 'ERROR', LANGSMITH_TRACING: 'false' }
    const file = join(import.meta.dirname, `${about.name}.ts`)
    const child = spawn(process.execPath, [file, about.modules, about.folder], { env, stdio: 'pipe' })
    this.#child = child
    child.stdin.on('error', () => {})
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-600)
    })
    child.on('exit', (code, signal) => this.#answer?.({ failed: `it ended with ${code ?? signal}: ${this.#errors}` }))
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line))
    process.once('exit', () => this.#kill())
  }

  /** What it measured; 0 for `prepare`. Throws what it told, or that it told nothing for two minutes. */
  async ask(request: PeerRequest): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<PeerAnswer>()
    this.#answer = resolve
    const late = setTimeout(() => resolve({ failed: 'it did not answer for two minutes' }), 120_000)
    if (this.#child.exitCode !== null) resolve({ failed: `it ended with ${this.#child.exitCode}: ${this.#errors}` })
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`)
    const answer = await promise
    clearTimeout(late)
    if ('failed' in answer) throw new Error(answer.failed)
    return 'value' in answer ? answer.value : 0
  }

  /** Lets it stop its servers for ten seconds, then ends it and them by their ids. */
  async close(): Promise<void> {
    this.#answer = undefined
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#child.once('exit', () => resolve())
      const late = setTimeout(() => this.#kill(), 10_000)
      this.#child.stdin?.end()
      await promise
      clearTimeout(late)
    }
    if (this.#child.exitCode !== 0) this.#kill()
  }

  #kill(): void {
    if (this.#child.exitCode === 0) return
    this.#child.kill('SIGKILL')
    for (const server of this.#servers.splice(0)) {
      try {
        process.kill(server, 'SIGKILL')
      } catch {
        // It has ended with the process that started it.
      }
    }
  }

  #hear(line: string): void {
    if (!line.startsWith('{"')) return
    const answer = JSON.parse(line) as PeerAnswer
    if ('server' in answer) this.#servers.push(answer.server)
    else this.#answer?.(answer)
  }
}
