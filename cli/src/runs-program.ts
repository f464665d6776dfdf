import type { Command } from 'commander'
import { addAnswerCommands } from './answer-program.ts'
import type { CommandContext, SetExitCode } from './command-context.ts'
import type { BudgetOptions } from './commands/runs-budget.ts'
import type { ListOptions } from './commands/runs-list.ts'
import type { RepairOptions } from './commands/runs-repair.ts'
import type { ResumeOptions } from './commands/runs-resume.ts'
import type { SteerOptions } from './commands/runs-steer.ts'
import { example } from './example.ts'
import { addHistoryCommands } from './history-program.ts'
import { collected, type PersonOptions } from './person.ts'
import { runArgument } from './run-argument.ts'
import { unknownCommand } from './usage-error.ts'

/** `wonder runs …`: everything about runs that exist. */
export function addRunsCommands(program: Command, context: () => CommandContext, exit: SetExitCode): void {
  const runs = program
    .command('runs')
    .usage('COMMAND [options]')
    .argument('[command]')
    .description('list, watch and steer runs')
    .helpCommand(false)
    .addHelpText('after', example('wonder runs', 'wonder runs show last', 'wonder runs resume last'))
    .action(async (word: string | undefined) => {
      if (word !== undefined) throw unknownCommand(runs, word)
      const { listRuns } = await import('./commands/runs-list.ts')
      await listRuns(context(), {})
    })
  runs
    .command('list')
    .description('the newest runs')
    .option('--status <status>', 'only runs with this status; several with commas')
    .option('--workflow <id>', 'only runs of this workflow')
    .option('--open', 'only runs that have not ended')
    .option('--limit <count>', 'at most so many', '20')
    .option('--before <run>', 'only older ones: the next page')
    .option('--parent <run>', 'only those that this run ordered')
    .option('--children', 'also those that runs ordered')
    .addHelpText(
      'after',
      example('wonder runs list', 'wonder runs list --open', 'wonder runs list --status failed --json'),
    )
    .action(async (options: ListOptions) => {
      const { listRuns } = await import('./commands/runs-list.ts')
      await listRuns(context(), options)
    })
  runs
    .command('show')
    .argument(...runArgument)
    .description('what a run has done: tasks, outputs, artifacts, and what to do next')
    .option('--at <record>', 'as it was after this record')
    .addHelpText(
      'after',
      example('wonder runs show last', 'wonder runs show 01KAH --json', 'wonder runs show last --at 42'),
    )
    .action(async (id: string, options: { at?: string }) => {
      if (options.at !== undefined) {
        const { showRunAt } = await import('./commands/runs-show-at.ts')
        return await showRunAt(context(), id, options.at)
      }
      const { showRun } = await import('./commands/runs-show.ts')
      await showRun(context(), id)
    })
  runs
    .command('watch')
    .argument(...runArgument)
    .description('follow a run live, in whichever process it is')
    .option('--as <name>', 'who answers what it asks (default: you)')
    .option('--role <role>', 'a role of who answers; may be repeated', collected)
    .addHelpText('after', example('wonder runs watch last', 'wonder runs watch last --json'))
    .action(async (id: string, options: PersonOptions) => {
      const { watchRun } = await import('./commands/runs-watch.ts')
      exit(await watchRun(context(), id, options))
    })
  runs
    .command('events')
    .argument(...runArgument)
    .description('the journal of a run, one event a line')
    .option('--follow', 'go on as events come, until the run rests')
    .addHelpText('after', example('wonder runs events last', 'wonder runs events last --json | jq .type'))
    .action(async (id: string, options: { follow?: true }) => {
      const { runEvents } = await import('./commands/runs-events.ts')
      await runEvents(context(), id, options)
    })
  runs
    .command('logs')
    .argument(...runArgument)
    .description('what the tasks of a run printed')
    .option('--task <id>', 'only of this task')
    .option('--level <level>', 'only this level and above: debug, info, warn, error')
    .option('--follow', 'go on as lines come, until the run rests')
    .addHelpText('after', example('wonder runs logs last', 'wonder runs logs last --task build --follow'))
    .action(async (id: string, options: { task?: string; level?: string; follow?: true }) => {
      const { runLogs } = await import('./commands/runs-logs.ts')
      await runLogs(context(), id, options)
    })
  runs
    .command('artifacts')
    .argument(...runArgument)
    .argument('[name]', 'the artifact to print; left out: lists them')
    .description('files that a run made')
    .option('--out <file>', 'write it to this file')
    .addHelpText(
      'after',
      example(
        'wonder runs artifacts last',
        'wonder runs artifacts last report.md',
        'wonder runs artifacts last report.md --out /tmp/report.md',
      ),
    )
    .action(async (id: string, name: string | undefined, options: { out?: string }) => {
      const { runArtifacts } = await import('./commands/runs-artifacts.ts')
      await runArtifacts(context(), { id, name, out: options.out })
    })
  runs
    .command('checkpoints')
    .argument(...runArgument)
    .description('what a run told of itself: its plan, progress, what blocks it, its end')
    .option('--id <checkpoint>', 'all that this one says')
    .addHelpText('after', example('wonder runs checkpoints last', 'wonder runs checkpoints last --id 1.1 --json'))
    .action(async (id: string, options: { id?: string }) => {
      const { runCheckpoints } = await import('./commands/runs-checkpoints.ts')
      await runCheckpoints(context(), id, options)
    })
  runs
    .command('budget')
    .argument(...runArgument)
    .description('what a run has used of its limits; with options, new limits, and it goes on')
    .option('--env <name>', 'with the values of this environment')
    .option('--wall-time <duration>', 'such as 30m; paused and blocked time does not count')
    .option('--steps <count>', 'steps of tasks')
    .option('--retries <count>', 'attempts after the first one of a task')
    .option('--tool-calls <count>', 'calls of tools')
    .option('--tokens <count>', 'tokens of models')
    .option('--cost-usd <amount>', 'US dollars')
    .option('--width <count>', 'branches of one fan-out')
    .addHelpText('after', example('wonder runs budget last', 'wonder runs budget last --tokens 500000 --wall-time 1h'))
    .action(async (id: string, options: BudgetOptions) => {
      const { runBudget } = await import('./commands/runs-budget.ts')
      exit(await runBudget(context(), id, options))
    })
  const steer = (kind: 'pause' | 'resume' | 'cancel', description: string) =>
    runs
      .command(kind)
      .argument('[runs...]', 'ids of runs, their unique beginnings, or `last`')
      .description(description)
      .option('--workflow <id>', 'all runs of this workflow')
      .option('--all', 'all runs of the project')
      .option('--status <status>', 'with --workflow or --all: only runs with this status; several with commas')
  steer('pause', 'start nothing new; what is in flight ends first')
    .addHelpText('after', example('wonder runs pause last', 'wonder runs pause --workflow nightly'))
    .action(async (ids: string[], options: SteerOptions) => {
      const { steerRuns } = await import('./commands/runs-steer.ts')
      exit(await steerRuns(context(), ids, { kind: 'pause', ...options }))
    })
  steer('cancel', 'end runs: what is in flight is stopped, `finally` still runs')
    .addHelpText('after', example('wonder runs cancel last', 'wonder runs cancel --all --status paused'))
    .action(async (ids: string[], options: SteerOptions) => {
      const { steerRuns } = await import('./commands/runs-steer.ts')
      exit(await steerRuns(context(), ids, { kind: 'cancel', ...options }))
    })
  addAnswerCommands(runs, context, exit)
  runs
    .command('repair')
    .argument(...runArgument)
    .argument('[task]', 'the task that is blocked; left out: every one that is')
    .description('go on with a run whose tasks wait for a repair: run them again, or say otherwise')
    .option('--skip', 'go on without it, as if its failure had been allowed')
    .option('--fail', 'let it fail, as without `on_error: block`')
    .option('--env <name>', 'with the values of this environment')
    .addHelpText('after', example('wonder runs repair last', 'wonder runs repair last deploy --skip'))
    .action(async (id: string, task: string | undefined, options: RepairOptions) => {
      const { repairRun } = await import('./commands/runs-repair.ts')
      exit(await repairRun(context(), { ...options, word: id, ...(task === undefined ? {} : { task }) }))
    })
  steer('resume', 'go on with runs that are paused, blocked, or were left by a crash')
    .option('--env <name>', 'with the values of this environment')
    .option('--as <name>', 'of one run: who answers what it asks (default: you)')
    .option('--role <role>', 'of one run: a role of who answers; may be repeated', collected)
    .option('--rerun <task>', 'of one run: a task that a crash cut off, run it again')
    .option('--fail <task>', 'of one run: a task that a crash cut off, count it as failed')
    .addHelpText(
      'after',
      example('wonder runs resume last', 'wonder runs resume last --rerun deploy', 'wonder runs resume --all'),
    )
    .action(async (ids: string[], options: SteerOptions & ResumeOptions) => {
      const [only] = ids
      if (only !== undefined && ids.length === 1 && options.all === undefined && options.workflow === undefined) {
        const { resumeRun } = await import('./commands/runs-resume.ts')
        return exit(await resumeRun(context(), only, options))
      }
      const { steerRuns } = await import('./commands/runs-steer.ts')
      exit(await steerRuns(context(), ids, { kind: 'resume', ...options }))
    })
  addHistoryCommands(runs, runArgument, context, exit)
}
