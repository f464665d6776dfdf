import type { RunView } from '@wonder/engine'

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
      return [...decisions(view, run), ...repairs(view, run)]
    case 'queued':
    case 'running':
    case 'waiting':
    case 'stopping':
      return [
        { text: 'Follow it', command: `wonder runs watch ${run}` },
        { text: 'If its process is gone, go on', command: `wonder runs resume ${run}` },
      ]
    case 'completed':
    case 'cancelled':
      return []
  }
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
  return needsPerson(view) ? 4 : 1
}

function outOfTime(run: string): readonly Advice[] {
  return [
    { text: 'Go on, with the same time again', command: `wonder runs resume ${run}` },
    { text: 'or end it', command: `wonder runs cancel ${run}` },
  ]
}

function decisions(view: RunView, run: string): readonly Advice[] {
  return view.interrupted().flatMap((item) => [
    {
      text: `A crash cut off "${item.id}" in the middle. Look at what it did; then run it again`,
      command: `wonder runs resume ${run} --rerun ${item.id}`,
    },
    { text: 'or count it as failed', command: `wonder runs resume ${run} --fail ${item.id}` },
  ])
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
