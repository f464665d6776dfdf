import type { RunView } from '@wonder/engine'
import { toErrorBody } from '@wonder/errors'
import { askPerson } from './ask-person.ts'
import { send } from './commands/runs-steer.ts'
import { type FollowOptions, followRun } from './follow-run.ts'
import type { Person } from './person.ts'

/**
 * Shows a run until it rests; at a terminal what it asks meanwhile is asked in place, and it goes on. A question that is
 * left open is not asked again.
 */
export async function followAndAsk(options: FollowOptions, person: Person): Promise<RunView> {
  const { host, run, output } = options
  const left = new Set<string>()
  const open = (view: RunView) => (output.interactive ? view.questions().find(({ id }) => !left.has(id)) : undefined)
  let { driven, from } = options
  for (;;) {
    const until = (view: RunView) => isQuiet(view) && open(view) !== undefined
    const view = await followRun({ ...options, driven, from, until })
    const question = isQuiet(view) ? open(view) : undefined
    if (question === undefined) return view
    from = 'now'
    const answer = await askPerson(question, person, output)
    if (answer === null) left.add(question.id)
    else {
      try {
        await send(host, run, answer, person.name)
        // Where nobody drove it, it goes on here.
        driven = (await host.takeOver(run)) === 'taken'
      } catch (thrown) {
        const { code, message } = toErrorBody(thrown)
        output.note(output.paintNote('red', message))
        if (code !== 'invalid_answers') left.add(question.id)
      }
    }
  }
}

/** Nothing is being done that a question would cover up. */
function isQuiet({ activity, status }: RunView): boolean {
  return (activity === 'blocked_decision' || activity === 'waiting') && status !== 'paused'
}
