import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { InvariantError, WonderError } from '@wonder/errors'
import type { ToolCall } from '@wonder/platform'
import { readFrames } from './frame-reader.ts'
import { type FailedFrame, toolFailure } from './tool-failure.ts'

/** How to start one process; processes of equal `key` are alike. */
export type ToolLaunch = {
  readonly key: string
  readonly deno: string
  readonly args: readonly string[]
  readonly env: { readonly [name: string]: string }
  readonly cwd: string
  readonly bundleUrl: string
  /** Megabytes. */
  readonly memory: number
}

export type LogHandler = NonNullable<ToolCall['onLog']>

export type ToolRequest = { readonly type: 'load' | 'describe' | 'call'; readonly [field: string]: unknown }

export type ToolReply =
  | { readonly type: 'loaded' }
  | { readonly type: 'described'; readonly description: unknown }
  | { readonly type: 'returned'; readonly text: string }

type Frame =
  | ToolReply
  | { readonly type: 'loading' }
  | ({ readonly type: 'failed'; readonly last?: true } & FailedFrame)
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string }

/** Deno itself takes about 100 MB beside the heap; buffers of the tool outside of the heap count as the tool's. */
const overhead = 256
/** Milliseconds that a tool has to end what it started, when its call is ended. */
const grace = 100

// A tool in an endless loop does not see that its host is gone: where it can be had, the system ends it.
const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((file) => process.platform === 'linux' && existsSync(file))

/** One warm process of one tool. It answers one request at a time. */
export class ToolProcess {
  readonly key: string
  readonly #child: ChildProcess
  readonly #memory: number
  readonly #deno: string
  readonly #prefix = `\u0001${randomUUID()}:`
  readonly #ended = Promise.withResolvers<void>()
  readonly #begun = Promise.withResolvers<void>()
  #stderr = ''
  #tool = ''
  #onLog: LogHandler | undefined
  #pending: { resolve: (reply: ToolReply) => void; reject: (error: unknown) => void } | undefined
  #endedBy: 'memory' | undefined
  #alive = true
  readonly #loaded: Promise<ToolReply>

  constructor(launch: ToolLaunch, tool: string, onLog: LogHandler | undefined) {
    this.key = launch.key
    this.#memory = launch.memory
    this.#deno = launch.deno
    const [file, args] =
      setpriv === undefined
        ? [launch.deno, launch.args]
        : [setpriv, ['--pdeathsig', 'KILL', launch.deno, ...launch.args]]
    this.#child = spawn(file, args, { cwd: launch.cwd, env: launch.env, detached: true, stdio: 'pipe' })
    this.#child.on('error', (error) => this.#end(unavailable(launch.deno, error)))
    this.#child.on('close', (code, signal) => this.#end(this.#crash(code, signal)))
    const { stdin, stdout, stderr } = this.#child
    if (stdin === null || stdout === null || stderr === null) throw new InvariantError('G3', 'a tool has no streams')
    stdin.on('error', () => {})
    readFrames(stdout, this.#prefix, {
      frame: (text) => this.#receive(JSON.parse(text) as Frame),
      text: (text) => this.#onLog?.({ level: 'info', text }),
    })
    readFrames(stderr, this.#prefix, {
      frame: () => {},
      text: (text) => {
        this.#stderr = `${this.#stderr}${text}\n`.slice(-4_000)
        this.#onLog?.({ level: 'warn', text })
      },
    })
    this.#tool = tool
    this.#onLog = onLog
    this.#loaded = this.#send({ type: 'load', prefix: this.#prefix, bundle: launch.bundleUrl })
    // Who asks next is told.
    this.#loaded.catch(() => {})
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Settles when Deno is up and begins to load the tool. */
  get begun(): Promise<void> {
    return this.#begun.promise
  }

  /** Settles when the process is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  async request(request: ToolRequest, call: Pick<ToolCall, 'name' | 'signal' | 'onLog'>): Promise<ToolReply> {
    this.#tool = call.name
    this.#onLog = call.onLog
    this.#reference(true)
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const abort = (): void => {
      reject(call.signal.reason)
      this.#child.stdin?.write(`${JSON.stringify({ type: 'abort' })}\n`)
      this.#alive = false
      setTimeout(() => this.kill(), grace)
    }
    call.signal.addEventListener('abort', abort, { once: true })
    const watch = setInterval(() => this.#watchMemory(), 100)
    try {
      call.signal.throwIfAborted()
      const work = this.#loaded.then(() => this.#send(request))
      return await Promise.race([work, aborted])
    } finally {
      clearInterval(watch)
      call.signal.removeEventListener('abort', abort)
      this.#onLog = undefined
      this.#reference(false)
    }
  }

  /** With what it started itself. */
  kill(): void {
    this.#alive = false
    const pid = this.#child.pid
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      this.#child.kill('SIGKILL')
    }
  }

  #send(request: object): Promise<ToolReply> {
    const { promise, resolve, reject } = Promise.withResolvers<ToolReply>()
    if (!this.#alive) return Promise.reject(this.#crash(this.#child.exitCode, this.#child.signalCode))
    this.#pending = { resolve, reject }
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`)
    return promise
  }

  #receive(frame: Frame): void {
    if (frame.type === 'log') {
      this.#onLog?.({ level: frame.level, text: frame.text })
      return
    }
    if (frame.type === 'loading') {
      this.#begun.resolve()
      return
    }
    const pending = this.#pending
    this.#pending = undefined
    if (frame.type !== 'failed') {
      pending?.resolve(frame)
      return
    }
    if (frame.last === true) this.#alive = false
    pending?.reject(toolFailure(this.#tool, frame))
  }

  #end(error: WonderError): void {
    this.#alive = false
    this.kill()
    this.#pending?.reject(error)
    this.#pending = undefined
    this.#ended.resolve()
  }

  #crash(code: number | null, signal: NodeJS.Signals | null): WonderError {
    const notStarted = /^setpriv: (.*)$/m.exec(this.#stderr)
    if (notStarted !== null && (code === 126 || code === 127)) return unavailable(this.#deno, new Error(notStarted[1]))
    const isHeap = /JavaScript (heap )?out of memory|Reached heap limit/.test(this.#stderr)
    if (this.#endedBy === 'memory' || isHeap) {
      return new WonderError(
        'tool_out_of_memory',
        `Tool "${this.#tool}" used more than the ${this.#memory} MB of memory that it may have`,
        { details: { tool: this.#tool, memory: this.#memory } },
      )
    }
    const how = code === null ? `by signal ${signal}` : `with exit code ${code}`
    const said = this.#stderr.trim().split('\n').slice(-3).join(' / ')
    return new WonderError(
      'tool_crashed',
      `The process of tool "${this.#tool}" ended ${how} before it answered${said === '' ? '' : `: ${said}`}`,
      { details: { tool: this.#tool, exitCode: code, signal } },
    )
  }

  #watchMemory(): void {
    try {
      const pages = Number(readFileSync(`/proc/${this.#child.pid}/statm`, 'utf8').split(' ')[1])
      if (pages * 4_096 < (this.#memory + overhead) * 1_048_576) return
    } catch {
      return
    }
    this.#endedBy = 'memory'
    this.kill()
  }

  /** An idle process does not keep the host alive. */
  #reference(busy: boolean): void {
    const streams = [this.#child.stdin, this.#child.stdout, this.#child.stderr] as (Socket | null)[]
    for (const part of [this.#child, ...streams]) busy ? part?.ref() : part?.unref()
  }
}

function unavailable(deno: string, error: Error): WonderError {
  return new WonderError('tool_runtime_unavailable', `Cannot start Deno (${deno}): ${error.message}`, { cause: error })
}
