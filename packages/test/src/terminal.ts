import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { until } from './until.ts'

const run = promisify(execFile)

/** A terminal of 100 by 30 characters, with a shell in it: `await using terminal = await Terminal.open(folder)`. */
export class Terminal {
  readonly #socket: string

  constructor(socket: string) {
    this.#socket = socket
  }

  static async open(folder: string): Promise<Terminal> {
    const terminal = new Terminal(`wonder-test-${randomUUID()}`)
    const shell = ['env', 'PS1=$ ', 'TERM=screen', 'bash', '--norc', '--noprofile']
    await terminal.#tmux('new-session', '-d', '-x', '100', '-y', '30', '-c', folder, ...shell)
    await terminal.untilShown('$')
    return terminal
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server').catch(() => undefined)
  }

  #tmux(...args: readonly string[]) {
    return run('tmux', ['-f', '/dev/null', '-L', this.#socket, ...args])
  }
}

function escaped(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
}
