import type { Command } from 'commander'
import type { CommandContext, SetExitCode } from './command-context.ts'
import type { AnswerOptions } from './commands/runs-answer.ts'
import type { SignalOptions } from './commands/runs-signal.ts'
import { example } from './example.ts'
import { collected } from './person.ts'
import { runArgument } from './run-argument.ts'

/** `wonder runs answer`, `approve`, `reject` and `signal`: what people and other programs say to a run. */
export function addAnswerCommands(runs: Command, context: () => CommandContext, exit: SetExitCode): void {
  const decide = (decision: 'answer' | 'approve' | 'reject', description: string) =>
    runs
      .command(decision)
      .argument(...runArgument)
      .argument('[task]', 'the task that asks; left out: the only one that does')
      .description(description)
      .option('--question <id>', 'the question, where a task asks several times; `wonder runs show` has the ids')
      .option('--digest <digest>', 'of what you were shown: refused when something else is asked by now')
      .option('--as <name>', 'who you are (default: the user of this machine)')
      .option('--role <role>', 'what you are; may be repeated', collected)
      .option('--env <name>', 'with the values of this environment')
      .action(async (run: string, task: string | undefined, options: AnswerOptions) => {
        const { answerRun } = await import('./commands/runs-answer.ts')
        exit(await answerRun(context(), { run, task, decision, ...options }))
      })
  decide('answer', 'answer what a run asks, with data')
    .option('--set <field=value>', 'a field of the answer; may be repeated', collected)
    .option('--json-answers <file>', 'all fields, as a JSON file')
    .addHelpText(
      'after',
      example(
        'wonder runs answer last --set publish=true',
        'wonder runs answer last owner --json-answers answers.json',
      ),
    )
  decide('approve', 'say yes to what a run asks')
    .option('--reason <text>', 'why; it stands in the journal')
    .addHelpText(
      'after',
      example('wonder runs approve last', 'wonder runs approve last owner --as ada --role maintainer'),
    )
  decide('reject', 'say no to what a run asks; its task fails with the reason')
    .option('--reason <text>', 'why')
    .addHelpText('after', example('wonder runs reject last --reason "too early"'))
  runs
    .command('signal')
    .argument(...runArgument)
    .argument('<name>', 'name of the signal')
    .argument('[payload]', 'JSON, or a text; {} when left out')
    .description('give a signal to a run; it is kept until a wait takes it')
    .option('--set <field=value>', 'a field of the payload; may be repeated', collected)
    .option('--key <key>', 'a second signal with this key is not taken again')
    .option('--as <name>', 'who sends it (default: the user of this machine)')
    .option('--env <name>', 'with the values of this environment')
    .addHelpText(
      'after',
      example(
        'wonder runs signal last paid \'{"amount": 5}\'',
        'wonder runs signal last paid --set amount=5 --key order-7',
      ),
    )
    .action(async (run: string, name: string, payload: string | undefined, options: SignalOptions) => {
      const { signalRun } = await import('./commands/runs-signal.ts')
      exit(await signalRun(context(), { run, name, payload, ...options }))
    })
}
