import { Command } from 'commander'
import { addCacheCommands } from './cache-program.ts'
import type { CommandContext, SetExitCode } from './command-context.ts'
import { helpCommand } from './commands/help.ts'
import type { LimitsOptions } from './commands/limits.ts'
import { example } from './example.ts'
import type { Output } from './output.ts'
import { collected, type PersonOptions } from './person.ts'
import { addRunsCommands } from './runs-program.ts'
import { unknownCommand, usageError } from './usage-error.ts'

/** The commands with their options and help. What they do is imported when one is chosen. */
export function buildProgram(output: Output, exit: SetExitCode): Command {
  const program = new Command('wonder')
    .description('Durable agent workflows: write them as files, run them here, lose nothing in a crash.')
    .usage('COMMAND [options]')
    .option('--project <folder>', 'the folder of the project (default: the one with wonder.yaml, here or above)')
    .option('--json', 'one JSON object instead of text')
    .option('-q, --quiet', 'no progress, no notes')
    .helpOption('-h, --help', 'how to use a command')
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: (command) => command.name(),
      styleTitle: (title) => output.paint('bold', title),
    })
    .addHelpText('after', example('wonder init my-project', 'wonder run hello', 'wonder runs show last'))
  const context = (): CommandContext => {
    const { project } = program.opts<{ project?: string }>()
    return { output, ...(project === undefined ? {} : { project }) }
  }

  program
    .command('init')
    .argument('[folder]', 'where; the present folder when left out')
    .description('make a project that runs at once')
    .addHelpText('after', example('wonder init my-project', 'cd my-project && wonder run hello'))
    .action(async (folder: string | undefined) => {
      const { init } = await import('./commands/init.ts')
      await init(context(), folder)
    })
  program
    .command('validate')
    .description('check every file of the project and tell all mistakes at once')
    .option('--env <name>', 'with the values of this environment')
    .addHelpText('after', example('wonder validate', 'wonder validate --json', 'wonder validate --env production'))
    .action(async (options: { env?: string }) => {
      const { validate } = await import('./commands/validate.ts')
      await validate(context(), options)
    })
  program
    .command('run')
    .argument('[workflow]', 'id of a workflow; left out: lists them with their inputs')
    .argument('[input...]', 'name=value, or name=@file for the content of a file')
    .description('run a workflow here and show its tasks as they go')
    .option('--env <name>', 'with the values of this environment')
    .option('--key <text>', 'start it once: the same key with the same input is the same run')
    .option('--detach', 'hand the run to `wonder start` and return at once')
    .option(
      '--reuse <run>',
      'take the results of unchanged tasks from an earlier run of the workflow: its id, or `last`',
    )
    .option('--dry-run', 'check everything, show what would run, run nothing')
    .option('--signal <name=payload>', 'a signal that is there from the start; may be repeated', collected)
    .option('--as <name>', 'who answers what it asks (default: you)')
    .option('--role <role>', 'a role of who answers; may be repeated', collected)
    .addHelpText(
      'after',
      `${example(
        'wonder run',
        'wonder run health repository=../shop limit=5',
        'wonder run review text=@draft.md --env production',
        'wonder run health --reuse last',
        'wonder run health --dry-run',
        'wonder run invoice order=7 --key order-7',
        'id=$(wonder run health --detach --json | jq -r .run)',
      )}\nCtrl-C pauses the run after what is in flight; a second one stops at once. Both can be resumed.\n`,
    )
    .action(async (workflow: string | undefined, input: string[], options: RunOptions) => {
      const { run } = await import('./commands/run.ts')
      exit(await run(context(), { workflow, input, ...options }))
    })
  program
    .command('plan')
    .argument('<workflow>', 'id of a workflow')
    .argument('[input...]', 'name=value, or name=@file for the content of a file; what is required may be left out')
    .description('draw a workflow and show what it may reach and where it is limited; run nothing')
    .option('--env <name>', 'with the values of this environment')
    .option('--svg <file>', 'write the drawing as a picture too')
    .addHelpText(
      'after',
      example(
        'wonder plan health',
        'wonder plan health repository=../shop --env production',
        'wonder plan health --svg health.svg',
        "wonder plan health --json | jq '.hosts, .permissions'",
      ),
    )
    .action(async (workflow: string, input: string[], options: { env?: string; svg?: string }) => {
      const { plan } = await import('./commands/plan.ts')
      await plan(context(), { workflow, input, ...options })
    })
  program
    .command('start')
    .description('stay and drive every run of the project: those handed over and those a crash left')
    .option('--env <name>', 'with the values of this environment')
    .option('--idle-exit <duration>', 'leave when nothing has run for so long, such as 1m')
    .addHelpText('after', example('wonder start', 'wonder start --env production', 'wonder start --idle-exit 5m'))
    .action(async (options: { env?: string; idleExit?: string }) => {
      const { start } = await import('./commands/start.ts')
      exit(await start(context(), options))
    })
  addRunsCommands(program, context, exit)
  addCacheCommands(program, context)
  program
    .command('limits')
    .description("show the project's budget and the concurrency keys in use: limits, who holds and who waits")
    .option('--release-ended', 'first release what runs hold that have ended or are not there')
    .option('--raise <budget=limit...>', "new limits of the project's budget, such as tokens=500000; who waits goes on")
    .option('--env <name>', 'with --raise: runs of this environment go on here')
    .addHelpText('after', example('wonder limits', 'wonder limits --raise tokens=500000 wall_time=12h'))
    .action(async (options: LimitsOptions) => {
      const { limits } = await import('./commands/limits.ts')
      await limits(context(), options)
    })
  program
    .command('convert')
    .argument('<folder>', 'a project of Compozy: the folder with compozy.yaml')
    .description('rewrite a project of Compozy as one of Wonder, and tell what changed')
    .option('--out <folder>', 'where to; must be new or empty (default: <folder>-wonder)')
    .option('--dry-run', 'tell what would be written and decided, write nothing')
    .addHelpText(
      'after',
      `${example(
        'wonder convert ../shop',
        'wonder convert ../shop --out shop && wonder --project shop validate',
        'wonder convert ../shop --dry-run',
        'wonder convert ../shop --json | jq .remarks',
      )}\nThe source stays as it is. CONVERSION.md in the new folder tells what a person must decide.\n`,
    )
    .action(async (folder: string, options: { out?: string; dryRun?: true }) => {
      const { convert } = await import('./commands/convert.ts')
      await convert(context(), folder, options)
    })
  program
    .command('explain')
    .argument('[code]', 'code of an error; left out: lists them all')
    .description('tell why an error happens and what to do about it')
    .addHelpText('after', example('wonder explain unknown_task', 'wonder explain'))
    .action(async (code: string | undefined) => {
      const { explain } = await import('./commands/explain.ts')
      explain(context(), code)
    })
  program
    .command('schema')
    .argument('[name]', 'which one; left out: lists them')
    .description('print the JSON Schema of a kind of file, for editors')
    .addHelpText('after', example('wonder schema', 'wonder schema workflow > workflow.schema.json'))
    .action(async (name: string | undefined) => {
      const { schema } = await import('./commands/schema.ts')
      await schema(context(), name)
    })
  program
    .command('version')
    .description('print the version')
    .addHelpText('after', example('wonder version', 'wonder version --json'))
    .action(async () => {
      const { version } = await import('./commands/version.ts')
      await version(context())
    })
  program
    .command('help')
    .argument('[command...]', 'the command to tell about')
    .description('how to use a command')
    .action((words: string[]) => helpCommand(program, words))
  program
    .option('-V, --version', 'print the version')
    .argument('[command]')
    .helpCommand(false)
    .action(async (word: string | undefined, options: { version?: true }) => {
      if (options.version) {
        const { version } = await import('./commands/version.ts')
        await version(context())
      } else if (word === undefined) program.outputHelp()
      else throw unknownCommand(program, word)
    })
  speakOurWords(program)
  return program
}

export type RunOptions = PersonOptions & {
  readonly env?: string
  readonly detach?: true
  readonly dryRun?: true
  readonly signal?: readonly string[]
  readonly key?: string
  readonly reuse?: string
}

/** Every mistake on the command line is thrown as our own error; commander prints help only. */
function speakOurWords(command: Command): void {
  command
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : usageError(command, error)
    })
    .configureOutput({ outputError: () => {} })
  command.commands.forEach(speakOurWords)
}
