import type { RunView } from '@wonder/engine'
import { answerCommands } from './question-lines.ts'
import { shellWord } from './run-text.ts'

/** What a person can do next about a run that rests, each a sentence or a command. */
export function runAdvice(view: RunView, run: string): readonly Advice[] {
  switch (view.activity) {
    case 'failed':
    case 'timed_out':
      return [
        { text: 'What the tasks printed', command: `wonder runs logs ${run}` },
        { text: 'Go on where it failed', command: `wonder runs retry ${run}` },
        ...(view.error === null
          ? []
          : [{ text: 'What the error means', command: `wonder explain ${view.error.code}` }]),
      ]
    case 'blocked_budget':
      if (view.projectLimit !== null) {
        return [
          { text: 'What the project has used', command: 'wonder limits' },
          { text: 'Raise it, and its runs go on', command: `wonder limits --raise ${view.projectLimit}=MORE` },
        ]
      }
      return [
        { text: 'What is used of each limit', command: `wonder runs budget ${run}` },
        {
          text: 'Raise one, and it goes on',
          command: `wonder runs budget ${run} --${(view.limit ?? 'tokens').replaceAll('_', '-')} MORE`,
        },
      ]
    case 'paused':
      return [{ text: 'Go on', command: `wonder runs resume ${run}` }]
    case 'blocked_error':
      return view.held === 'timeout' ? outOfTime(run) : repairs(view, run)
    case 'blocked_decision':
      return [...questionAdvice(view, run), ...interruptionAdvice(view, run), ...repairs(view, run)]
    case 'queued':
    case 'running':
    case 'waiting':
    case 'stopping':
      return [
        ...questionAdvice(view, run),
        ...signalAdvice(view, run),
        { text: 'Follow it', command: `wonder runs watch ${run}` },
        { text: 'If its process is gone, go on', command: `wonder runs resume ${run}` },
      ]
    case 'completed':
    case 'cancelled':
      return []
  }
}

const mostAdvice = 5

function questionAdvice(view: RunView, run: string): readonly Advice[] {
  const questions = view.questions()
  return questions.slice(0, mostAdvice).flatMap((question) => {
    const isOnly = questions.filter(({ task }) => task === question.task).length === 1
    const [yes, no] = answerCommands(question, run, isOnly)
    const text = question.answers === undefined ? 'Approve' : 'Answer'
    return [
      { text, command: yes },
      { text: 'or reject', command: no },
    ]
  })
}

function signalAdvice(view: RunView, run: string): readonly Advice[] {
  const names = [...new Set(view.waits().map(({ signal }) => signal))]
  return names.slice(0, mostAdvice).map((name) => ({
    text: `It waits for the signal "${name}"`,
    command: `wonder runs signal ${run} ${shellWord(name)} '{}'`,
  }))
}

function interruptionAdvice(view: RunView, run: string): readonly Advice[] {
  return view.interrupted().flatMap((item) => [
    {
      text: `A crash cut off "${item.id}" in the middle. Look at what it did; then run it again`,
      command: `wonder runs resume ${run} --rerun ${item.id}`,
    },
    { text: 'or count it as failed', command: `wonder runs resume ${run} --fail ${item.id}` },
  ])
}

export type Advice = { readonly text: string; readonly command: string }

/** A person has to say how it goes on. */
export function needsPerson({ activity }: RunView): boolean {
  return activity.startsWith('blocked_')
}

/** The exit code of a command that followed a run until it rested. */
export function exitCodeOf(view: RunView): number {
  if (view.status === 'completed') return 0
  if (view.status === 'paused') return 130
  // One that only waits rests because runs below it wait for a person.
  return needsPerson(view) || view.status === 'waiting' ? 4 : 1
}

function outOfTime(run: string): readonly Advice[] {
  return [
    { text: 'Go on, with the same time again', command: `wonder runs resume ${run}` },
    { text: 'or end it', command: `wonder runs cancel ${run}` },
  ]
}

/** Of many blocked tasks the commands for all come first; those for one name the first. */
function repairs(view: RunView, run: string): readonly Advice[] {
  const [first, ...more] = view.blocked()
  if (first === undefined) return []
  const all = `wonder runs repair ${run}`
  const one = `${all} ${first.id}`
  return [
    ...(more.length === 0 ? [] : [{ text: 'Mend what made them fail; then run all of them again', command: all }]),
    { text: more.length === 0 ? 'Mend what made it fail; then run it again' : 'or one of them', command: one },
    { text: 'or go on without it', command: `${one} --skip` },
    { text: 'or let it fail', command: `${one} --fail` },
  ]
}
