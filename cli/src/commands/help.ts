import type { Command } from 'commander'
import { unknownCommand } from '../usage-error.ts'

/** `wonder help [COMMAND …]` */
export function helpCommand(program: Command, words: readonly string[]): void {
  let command = program
  for (const word of words) {
    const next = command.commands.find((candidate) => candidate.name() === word)
    if (next === undefined) throw unknownCommand(command, word)
    command = next
  }
  command.outputHelp()
}
