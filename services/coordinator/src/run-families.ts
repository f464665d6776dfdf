import { type RunState, runActivity, runStatus } from '@wonder/engine'
import { isTerminal, type RunStatus } from '@wonder/platform'

/** `children`: the run goes on with those that it waits for. Null: something of it is in flight, or time moves it. */
type Rest = RunStatus | 'children' | null

type Member = { readonly parent: string | null; rest: Rest; readonly children: Set<string> }

/**
 * Which runs of this process were ordered by which, and which of them rest. Only families are known here, and runs that
 * somebody waits for: what ends is forgotten.
 */
export class RunFamilies {
  readonly #members = new Map<string, Member>()
  readonly #isBusy: (run: string) => boolean

  /** @param isBusy whether a command is being decided about the run, so that what was noted of it may not hold */
  constructor(isBusy: (run: string) => boolean) {
    this.#isBusy = isBusy
  }

  /** A run is about to begin. */
  add(run: string, parent: string): void {
    this.#member(run, parent)
  }

  /** It did not. */
  remove(run: string): void {
    this.#forget(run)
  }

  /** Nothing is decided about the run at this moment. Returns what now rests: it, and runs above it, with their statuses. */
  note(state: RunState, isAwaited: boolean): readonly (readonly [run: string, status: RunStatus])[] {
    const { run, parent } = state
    if (parent === null && !isAwaited && !this.#members.has(run)) return []
    this.#member(run, parent?.run ?? null).rest = ownRest(state)
    const resting: (readonly [string, RunStatus])[] = []
    for (const one of this.above(run)) {
      const status = this.#restOf(one)
      if (status === null) break
      resting.push([one, status])
    }
    if (state.ended !== null) this.#prune(run)
    return resting
  }

  /** The run and those above it, as far as they are known here. */
  above(run: string): readonly string[] {
    const found = [run]
    for (let at = this.#members.get(run); at?.parent != null; at = this.#members.get(at.parent)) found.push(at.parent)
    return found
  }

  /** The runs below it, as far as they are known here. */
  below(run: string): readonly string[] {
    const found = [run]
    for (const one of found) found.push(...(this.#members.get(one)?.children ?? []))
    return found.slice(1)
  }

  #member(run: string, parent: string | null): Member {
    const known = this.#members.get(run)
    if (known !== undefined && known.parent === parent) return known
    const member: Member = { parent, rest: known?.rest ?? null, children: known?.children ?? new Set() }
    this.#members.set(run, member)
    if (parent !== null) {
      const above = this.#members.get(parent) ?? { parent: null, rest: null, children: new Set() }
      this.#members.set(parent, above)
      above.children.add(run)
    }
    return member
  }

  /** Null: it, or something below it, does not rest. */
  #restOf(run: string): RunStatus | null {
    const member = this.#members.get(run)
    if (member === undefined || member.rest === null || this.#isBusy(run)) return null
    let below: RunStatus | null = null
    for (const child of member.children) {
      const status = this.#restOf(child)
      if (status === null) return null
      if (!isTerminal(status)) below ??= status
    }
    return member.rest === 'children' ? below : member.rest
  }

  /** What has ended and has nothing below it is not needed any more, and so what is above it. */
  #prune(run: string): void {
    for (const one of this.above(run)) {
      const { rest, children } = this.#members.get(one) ?? { rest: null, children: new Set() }
      if (rest === null || rest === 'children' || !isTerminal(rest) || children.size > 0) return
      this.#forget(one)
    }
  }

  #forget(run: string): void {
    const parent = this.#members.get(run)?.parent
    this.#members.delete(run)
    if (parent != null) this.#members.get(parent)?.children.delete(run)
  }
}

/** Whether only a command could move the run, or the end of a run below it. */
function ownRest(state: RunState): Rest {
  const { waiting, debts } = state
  if (debts.size > 0) return null
  const status = runStatus(state)
  if (isTerminal(status)) return status
  if (waiting.task > 0) return null
  if (status === 'paused') return status
  // One that stops rests, too, when what undoes or tidies up waits for a person.
  const activity = runActivity(state)
  if (activity.startsWith('blocked_')) return status
  const others = waiting.retry + waiting.timer + waiting.signal + waiting.delivery + waiting.permit
  return activity === 'waiting' && others === 0 && state.timers.earliest(state) === null ? 'children' : null
}
