import { CommanderError } from 'commander'
import { reportFailure } from './failure.ts'
import { Output } from './output.ts'
import { buildProgram } from './program.ts'

/**
 * Runs one command line and resolves with its exit code. Nothing it meets is thrown on.
 *
 * @param words what follows `wonder`
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const end = words.indexOf('--')
  const options = end === -1 ? words : words.slice(0, end)
  const output = new Output({
    json: options.includes('--json'),
    quiet: options.includes('--quiet') || options.includes('-q'),
  })
  // Timers below do not hold the process; a command that waits does.
  const hold = setInterval(() => {}, 60_000)
  try {
    let exitCode = 0
    const program = buildProgram(output, (code) => {
      exitCode = code
    })
    await program.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (thrown) {
    // Help that was asked for ends commander's parsing by an error with exit code 0.
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0
    return await reportFailure(thrown, output)
  } finally {
    clearInterval(hold)
  }
}
