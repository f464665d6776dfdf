import type { Entry } from '../tree.ts'
import type { SourceTask } from './source-task.ts'

/** A task at its place in the new lists. */
export type Planned = {
  /** In the new workflow. */
  readonly id: string
  readonly task: SourceTask
  /** Of what it does, when its own `outputs` stand beside it in a sequence. */
  readonly call: string | undefined
  /** Where its tasks stand: of a route one body a case, of parallel one a child, else one. */
  readonly bodies: readonly Body[]
  /** The run ends after it, though the list goes on. */
  readonly ends: boolean
  /** The task to which it led back. */
  readonly again: string | undefined
  onError: 'continue' | { readonly next: string } | readonly Planned[] | undefined
  onTimeout: readonly Planned[] | undefined
}

export type Body = {
  readonly items: readonly Planned[]
  /** The route. */
  readonly entry?: Entry
  /** The task to which the route led back. */
  readonly again?: string
  /** The run ends after this case, though the list goes on. */
  readonly ends?: boolean
}

/** The groups around a task, from the outermost. */
export type Chain = readonly Step[]

export type Step = {
  /** Id of the group in the new workflow. */
  readonly group: string
  readonly kind: 'sequence' | 'parallel' | 'route' | 'each' | 'on_error'
  readonly body: number
  /** Name of the item, in each. */
  readonly item?: { readonly as: string; readonly names: readonly string[]; readonly index: readonly string[] }
}

export type Place = { readonly planned: Planned; readonly chain: Chain; readonly uncertain: boolean }

export type Plan = {
  readonly items: readonly Planned[]
  /** Where each task of the source stands; a task that was written several times has several. */
  readonly places: ReadonlyMap<string, readonly Place[]>
}

/** Does nothing follow a list? The run has ended or failed where it ends. */
export function closes(items: readonly Planned[]): boolean {
  const last = items.at(-1)
  if (last === undefined) return false
  if (last.ends || last.again !== undefined) return true
  const ways = last.task.type === 'router' ? last.bodies : []
  return ways.length > 0 && ways.every((body) => body.again !== undefined || closes(body.items))
}
