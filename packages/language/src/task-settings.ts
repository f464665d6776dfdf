import type { RetryDef, TaskDef } from '@wonder/engine'
import { parseDuration } from './duration.ts'
import { child, numberOf, type Tree, textOf, textsOf } from './tree.ts'

/** Where settings of tasks come from, the nearest first: the task, the reusable task, the workflow, the project. */
export type Settings = readonly (Tree | undefined)[]

const TIMEOUTS: { readonly [kind: string]: number } = { tool: 60_000, http: 30_000, shell: 600_000, render: 60_000 }

const DEFAULT_RETRY: RetryDef = {
  max_attempts: 1,
  backoff: 'exponential',
  initial_delay: 1_000,
  max_delay: 30_000,
  jitter: 0,
}

type Policy = Pick<TaskDef, 'timeout' | 'retry' | 'interrupted' | 'artifacts'>

/** Timeout, retry, `interrupted` and artifacts of a task. `asks`: may its work not be repeated unasked? */
export function taskPolicy(settings: Settings, kind: string, asks: boolean): Policy {
  const first = <T>(read: (tree: Tree | undefined) => T | undefined): T | undefined => {
    for (const tree of settings) {
      const found = read(tree)
      if (found !== undefined) return found
    }
    return undefined
  }
  const timeout = first((tree) => parseDuration(textOf(child(tree, 'timeout')) ?? ''))
  const interrupted = first((tree) => textOf(child(tree, 'interrupted')))
  const artifacts = first((tree) => child(tree, 'artifacts'))
  return {
    timeout: timeout ?? TIMEOUTS[kind] ?? 600_000,
    retry: retryOf(settings),
    interrupted:
      interrupted === 'rerun' || interrupted === 'ask' || interrupted === 'fail' ? interrupted : asks ? 'ask' : 'rerun',
    ...(artifacts === undefined ? {} : { artifacts: textsOf(artifacts) }),
  }
}

/** Each field of retry comes from the nearest that sets it. */
function retryOf(settings: Settings): RetryDef {
  return Object.assign({}, DEFAULT_RETRY, ...settings.map((tree) => readRetry(child(tree, 'retry'))).reverse())
}

function readRetry(tree: Tree | undefined): Partial<RetryDef> {
  if (tree === undefined) return {}
  const backoff = textOf(child(tree, 'backoff'))
  const number = (name: string) => numberOf(child(tree, name))
  const delay = (name: string) => parseDuration(textOf(child(tree, name)) ?? '')
  const codes = (name: string) => {
    const list = child(tree, name)
    return list === undefined ? undefined : textsOf(list)
  }
  const known = {
    max_attempts: number('max_attempts'),
    backoff: backoff === 'none' || backoff === 'linear' || backoff === 'exponential' ? backoff : undefined,
    initial_delay: delay('initial_delay'),
    max_delay: delay('max_delay'),
    jitter: number('jitter'),
    only: codes('only'),
    except: codes('except'),
  }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
}
