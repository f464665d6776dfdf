import type { RunView } from '@wonder/engine'

/** What a person can do next about a run that rests, each a sentence or a command. */
export function runAdvice(view: RunView, run: string): readonly Advice[] {
  switch (view.status) {
    case 'failed':
    case 'timed_out':
      return [
        { text: 'What the tasks printed', command: `wonder runs logs ${run}` },
        { text: 'Go on where it failed', command: `wonder runs retry ${run}` },
        ...(view.error === null
          ? []
          : [{ text: 'What the error means', command: `wonder explain ${view.error.code}` }]),
      ]
    case 'paused':
    case 'blocked_budget':
    case 'blocked_error':
      return [{ text: 'Go on', command: `wonder runs resume ${run}` }]
    case 'blocked_decision':
      return view.interrupted().flatMap((item) => [
        {
          text: `A crash cut off "${item.id}" in the middle. Look at what it did; then run it again`,
          command: `wonder runs resume ${run} --rerun ${item.id}`,
        },
        { text: 'or count it as failed', command: `wonder runs resume ${run} --fail ${item.id}` },
      ])
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

/** The exit code of a command that followed a run until it rested. */
export function exitCodeOfStatus(status: string): number {
  if (status === 'completed') return 0
  if (status === 'paused') return 130
  // It waits for runs below it that wait for a person.
  if (status === 'waiting') return 4
  return status.startsWith('blocked') ? 4 : 1
}
