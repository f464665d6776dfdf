import type { Command } from 'commander'
import type { CommandContext, SetExitCode } from './command-context.ts'
import type { ForkOptions } from './commands/runs-fork.ts'
import type { PruneOptions } from './commands/runs-prune.ts'
import type { RetryOptions } from './commands/runs-retry.ts'
import { example } from './example.ts'

/** `wonder runs fork`, `retry`, `migrate`, `replay` and `prune`: what runs were, and what begins there. */
export function addHistoryCommands(
  runs: Command,
  runArgument: readonly [name: string, description: string],
  context: () => CommandContext,
  exit: SetExitCode,
): void {
  const definition = [
    '--definition <revision>',
    'new: the workflow as its files are now; own: as the run had it',
  ] as const
  const children = ['--restart-children', 'start sub-workflows that had not ended anew'] as const
  const env = ['--env <name>', 'with the values of this environment'] as const
  const collect = (value: string, before: readonly string[] = []) => [...before, value]
  runs
    .command('fork')
    .argument(...runArgument)
    .description('begin a new run where another one was at a record of it')
    .option('--at <record>', 'the last record that counts')
    .option(...definition)
    .option('--set <path=value>', 'change input.NAME or state.NAME; several times', collect)
    .option(...children)
    .option(...env)
    .addHelpText(
      'after',
      example(
        'wonder runs fork last --at 42',
        'wonder runs fork last --at 42 --definition new --set state.limit=3 --set input.path=src',
      ),
    )
    .action(async (id: string, options: ForkOptions) => {
      const { forkRun } = await import('./commands/runs-fork.ts')
      exit(await forkRun(context(), id, options))
    })
  runs
    .command('retry')
    .argument('[runs...]', 'runs that have failed')
    .description('go on where runs failed: what has finished does not run again')
    .option('--failed', 'all runs that failed or timed out, the newest first')
    .option('--workflow <id>', 'with --failed: only runs of this workflow')
    .option('--since <time>', 'with --failed: only those that ended since, for example 2h or 2026-01-31')
    .option('--limit <count>', 'with --failed: at most so many', '100')
    .option(...definition)
    .option(...children)
    .option(...env)
    .addHelpText('after', example('wonder runs retry last', 'wonder runs retry --failed --since 2h --definition new'))
    .action(async (words: string[], options: RetryOptions) => {
      const { retryRuns } = await import('./commands/runs-retry.ts')
      exit(await retryRuns(context(), words, options))
    })
  runs
    .command('migrate')
    .argument(...runArgument)
    .description('let a run that has not ended follow the workflow as its files are now')
    .option(...env)
    .addHelpText('after', example('wonder runs migrate last'))
    .action(async (id: string, options: { env?: string }) => {
      const { migrateRun } = await import('./commands/runs-migrate.ts')
      await migrateRun(context(), id, options)
    })
  runs
    .command('replay')
    .argument(...runArgument)
    .description('fold the journal of a run from its first record, and compare it with what is stored')
    .option('--verify', 'tell the first difference; exit code 2 when there is one (what it always does)')
    .addHelpText('after', example('wonder runs replay last --verify'))
    .action(async (id: string) => {
      const { replayRun } = await import('./commands/runs-replay.ts')
      exit(await replayRun(context(), id))
    })
  runs
    .command('prune')
    .description('remove ended runs for good, with their values, artifacts and logs')
    .option('--older-than <time>', 'runs that ended longer ago, for example 30d')
    .option('--keep <count>', 'all but so many that ended last')
    .option('--status <status>', 'only runs with this status; several with commas')
    .option('--dry-run', 'tell what would be removed')
    .option('--yes', 'without asking')
    .addHelpText(
      'after',
      example('wonder runs prune --older-than 30d --dry-run', 'wonder runs prune --keep 1000 --status completed --yes'),
    )
    .action(async (options: PruneOptions) => {
      const { pruneRuns } = await import('./commands/runs-prune.ts')
      await pruneRuns(context(), options)
    })
}
