import { nearest, WonderError } from '@wonder/errors'
import type { Command, CommanderError } from 'commander'

/** A mistake on the command line, told in our words and with the nearest name. */
export function usageError(command: Command, error: CommanderError): WonderError {
  const path = commandPath(command)
  const name = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  switch (error.code) {
    case 'commander.unknownCommand':
      return unknownCommand(command, name)
    case 'commander.unknownOption': {
      const options = [...command.options, ...globalOptions(command)].flatMap((option) => option.long ?? [])
      const hint = suggestion(nearest(name.split('=')[0] ?? name, options))
      return new WonderError('unknown_command', `There is no option "${name}" of "${path}"`, {
        details: { hint: `${hint}See: ${path} --help` },
      })
    }
    default: {
      const message = error.message.replace(/^error: /, '').replaceAll("'", '"')
      return new WonderError('invalid_usage', `Cannot run "${path}": ${message}`, {
        details: { hint: `See: ${path} --help` },
      })
    }
  }
}

/** The error for a word that is no command below `command`. */
export function unknownCommand(command: Command, name: string): WonderError {
  const path = commandPath(command)
  const names = command.commands.flatMap((candidate) => [candidate.name(), ...candidate.aliases()])
  const near = nearest(name, names) ?? names.find((candidate) => name !== '' && candidate.startsWith(name))
  return new WonderError('unknown_command', `There is no command "${path} ${name}"`, {
    details: { hint: `${suggestion(near === undefined ? undefined : `${path} ${near}`)}See: ${path} --help` },
  })
}

function suggestion(name: string | undefined): string {
  return name === undefined ? '' : `Did you mean "${name}"?  `
}

function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`
}

function globalOptions(command: Command): readonly Command['options'][number][] {
  return command.parent === null ? [] : [...command.parent.options, ...globalOptions(command.parent)]
}
