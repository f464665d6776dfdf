import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isAlive } from './processes.ts'
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

const run = promisify(execFile)

/** A terminal of 100 by 30 characters, with a shell in it: `await using terminal = await Terminal.open(folder)`. */
export class Terminal {
  readonly #own: TemporaryFolder
  /** Of the server of tmux, which is no child of ours. */
  #server: number | null = null

  constructor(own: TemporaryFolder) {
    this.#own = own
  }

  static async open(folder: string): Promise<Terminal> {
    const terminal = new Terminal(await temporaryFolder())
    const shell = ['env', 'PS1=$ ', 'TERM=screen', 'bash', '--norc', '--noprofile']
    const session = ['-d', '-x', '100', '-y', '30', '-c', folder, '-P', '-F', '#{pid}']
    try {
      terminal.#server = Number((await terminal.#tmux('new-session', ...session, ...shell)).stdout)
      await terminal.untilShown('$')
      return terminal
    } catch (error) {
      await terminal[Symbol.asyncDispose]()
      throw error
    }
  }

  /** What is on the screen, without trailing spaces. */
  async screen(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p')).stdout
  }

  async untilShown(text: string | RegExp): Promise<string> {
    let screen = ''
    return await until(`${text} on the screen`, async () => {
      screen = await this.screen()
      return screen.search(text instanceof RegExp ? text : escaped(text)) !== -1 && screen
    }).catch((error: unknown) => {
      throw new Error(`${error}; the screen is:\n${screen}`)
    })
  }

  /** Types a text, then Enter. */
  async enter(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text)
    await this.press('Enter')
  }

  /** A key by tmux's name, such as `C-c`. */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key)
  }

  /** Resolves when the server is gone; what runs in the terminal is told by a hangup. */
  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server !== null && isAlive(server)) {
      process.kill(server, 'SIGTERM')
      await until(`tmux ${server} to end`, () => !isAlive(server), 5_000).catch(() => process.kill(server, 'SIGKILL'))
    }
    await this.#own[Symbol.asyncDispose]()
  }

  #tmux(...args: readonly string[]) {
    return run('tmux', ['-f', '/dev/null', '-S', join(this.#own.path, 'tmux'), ...args])
  }
}

function escaped(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
}
