import type { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { example } from './example.ts'
import { unknownCommand } from './usage-error.ts'

/** `wonder cache …`: results that are kept across runs. */
export function addCacheCommands(program: Command, context: () => CommandContext): void {
  const cache = program
    .command('cache')
    .usage('COMMAND [options]')
    .argument('[command]')
    .description('results of tasks that are kept across runs')
    .helpCommand(false)
    .addHelpText('after', example('wonder cache', 'wonder cache clear --older-than 7d'))
    .action(async (word: string | undefined) => {
      if (word !== undefined) throw unknownCommand(cache, word)
      const { listCache } = await import('./commands/cache.ts')
      await listCache(context())
    })
  cache
    .command('list')
    .description('what is kept, the newest first')
    .addHelpText('after', example('wonder cache list', 'wonder cache list --json'))
    .action(async () => {
      const { listCache } = await import('./commands/cache.ts')
      await listCache(context())
    })
  cache
    .command('clear')
    .description('remove what is kept: the tasks run again')
    .option('--older-than <duration>', 'only what was stored longer ago, such as 7d')
    .addHelpText('after', example('wonder cache clear', 'wonder cache clear --older-than 7d'))
    .action(async (options: { olderThan?: string }) => {
      const { clearCache } = await import('./commands/cache.ts')
      await clearCache(context(), options)
    })
}
