import type { RunItem, RunRecord } from '@wonder/engine'
import { RunView } from '@wonder/engine'
import type { LocalHost } from '@wonder/host-local'
import { isTerminal } from '@wonder/platform'
import type { Output } from './output.ts'
import { needsPerson } from './run-advice.ts'
import { openRunDisplay, type RunDisplay } from './run-display.ts'

export type FollowOptions = {
  readonly host: LocalHost
  readonly run: string
  readonly output: Output
  /** Is it driven here? Then Ctrl-C pauses it; else Ctrl-C ends the watching. */
  readonly driven: boolean
  /** `start`: everything is told; `now`: what the run did before is only the point to begin from. */
  readonly from: 'start' | 'now'
  /** Called when the run has not ended and no process drives it. */
  readonly onOrphan?: () => void
  /** The showing ends when this holds, although the run does not rest. */
  readonly until?: (view: RunView) => boolean
  /** Called for each task that changes its status. */
  readonly onChange?: (item: RunItem) => void
}

/** Shows a run until it rests: terminal, paused or blocked. Resolves with all that its journal says. */
export async function followRun(options: FollowOptions): Promise<RunView> {
  const { host, run, output } = options
  let display: RunDisplay | undefined
  const view = new RunView(await host.definition(run), {
    onChange: (item) => {
      options.onChange?.(item)
      display?.changed(item)
    },
  })
  if (options.from === 'now') await catchUp(host, run, view)
  display = await openRunDisplay(() => view, output)
  const rested = Promise.withResolvers<void>()
  // A run that is driven here rests when what is in flight has ended, which its host knows.
  const isOver = () => (!options.driven && isResting(view)) || options.until?.(view) === true
  const restIfResting = () => {
    if (isOver()) rested.resolve()
  }
  const apply = (record: RunRecord) => {
    view.apply(record)
    // A pause that is lifted in the next record is no rest.
    if (isOver()) setImmediate(restIfResting)
  }
  let unwatch = () => {}
  let signals: ReturnType<typeof pauseOnSignal> | undefined
  try {
    unwatch = await host.watch(run, {
      after: view.version,
      onRecord: apply,
      onLog: (line) => display?.log(line),
      ...(options.onOrphan === undefined ? {} : { onOrphan: options.onOrphan }),
    })
    restIfResting()
    if (options.driven) signals = pauseOnSignal(host, run, display, output)
    if (options.driven) {
      await (options.until === undefined
        ? host.whenResting(run)
        : Promise.race([host.whenResting(run), rested.promise]))
      await signals?.pausing()
    } else await rested.promise
    unwatch()
    await catchUp(host, run, view)
  } finally {
    unwatch()
    signals?.release()
    await display.close()
  }
  return view
}

/** Applies what the journal has beyond the view. */
export async function catchUp(host: LocalHost, run: string, view: RunView): Promise<void> {
  for (const record of await host.records(run, { after: view.version })) view.apply(record)
}

export function isResting(view: RunView): boolean {
  return isTerminal(view.status) || view.status === 'paused' || needsPerson(view)
}

/** The first signal pauses the run after what is in flight, the second ends the process. */
function pauseOnSignal(
  host: LocalHost,
  run: string,
  display: RunDisplay,
  output: Output,
): { pausing(): Promise<void> | undefined; release(): void } {
  let pausing: Promise<void> | undefined
  const onSignal = () => {
    if (pausing !== undefined) {
      void display.close().finally(() => {
        output.stderr.write(`Stopped at once. Go on with: wonder runs resume ${run}\n`)
        process.exit(130)
      })
      return
    }
    display.notice('Pausing after what is in flight. Ctrl-C again stops at once.')
    pausing = host.interrupt()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  return {
    pausing: () => pausing,
    release: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}
