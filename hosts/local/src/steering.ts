import { noticeCommand } from '@wonder/coordinator'
import type { Command, Json, Outcome } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import { isTerminal, type Notice, openStatuses, type RunIndexEntry } from '@wonder/platform'
import { askHost, hostGone } from './host-client.ts'
import type { HostParts } from './host-parts.ts'
import { type CommandAnswer, type HostCommand, type HostRequest, notOwner } from './host-protocol.ts'
import { environmentOf } from './run-environment.ts'

type SteeringParts = Pick<
  HostParts,
  'id' | 'index' | 'owners' | 'ownership' | 'coordinator' | 'recovery' | 'projects' | 'clock'
> & {
  /** This process stays: what it takes up it drives to the end. */
  readonly stays: boolean
}

/** After these a run may go on, so who gives them to a run that nobody drives drives it from then on. */
const goingOn: ReadonlySet<string> = new Set([
  'resume',
  'decide_interruption',
  'repair',
  'signal',
  'answer',
  'complete_child',
  'raise_budget',
])

/** Milliseconds that a process which is done waits for its runs to settle what they owe. */
const longestSettling = 1_000

/** Commands to runs, from this process and from others, to whoever owns the run. */
export class Steering {
  readonly #parts: SteeringParts
  /** Runs of gone processes that were granted or told something. */
  readonly #takenUp = new Set<string>()
  readonly #notifying = new Set<Promise<unknown>>()
  readonly #prepare: (entry: RunIndexEntry) => Promise<void>

  /** @param prepare makes this process one that can drive the run */
  constructor(parts: SteeringParts, prepare: (entry: RunIndexEntry) => Promise<void>) {
    this.#parts = parts
    this.#prepare = prepare
  }

  async command(run: string, body: HostCommand, by: string): Promise<CommandAnswer> {
    for (;;) {
      const entry = await this.#entry(run, body.kind)
      if (isTerminal(entry.status)) return await this.#commandHere(run, body, by)
      const owner = await this.#parts.ownership.livingOwner(run)
      if (owner?.id === this.#parts.id) return await this.#commandHere(run, body, by)
      if (owner === null) {
        const answer = await this.#commandOrphan(entry, body, by)
        if (answer !== 'owned_elsewhere') return answer
        continue
      }
      const answer = await askHost(owner, { op: 'command', run, body, by })
      if (answer !== hostGone && answer !== notOwner) return answer as CommandAnswer
    }
  }

  /** What one run says to another. One that nobody drives and that belongs to another environment is told later. */
  async tell(run: string, command: Command): Promise<Outcome> {
    const entry = await this.#entry(run, command.kind)
    const { projects, ownership, stays } = this.#parts
    const isAlone = !isTerminal(entry.status) && (await ownership.livingOwner(run)) === null
    if (isAlone && environmentOf(entry) !== projects.environment) {
      throw new WonderError('host_not_started', `Nobody drives run "${run}", and its environment is another one`)
    }
    const { status, error } = await this.command(run, command, command.by ?? '')
    // What goes on here by that is not left behind in the middle.
    if (isAlone && !stays && goingOn.has(command.kind)) this.#takenUp.add(run)
    return status === 'refused' && error !== undefined ? { status, error } : { status: 'applied' }
  }

  /** May a run that is due go on here? One that nobody drives is taken up by a process that stays, if any. */
  async isOurs(run: string, stays: boolean): Promise<boolean> {
    const { id, index, owners, projects } = this.#parts
    const owner = await owners.ownerOf(run)
    if (owner !== null && owner !== 'gone') return owner.id === id
    const entry = await index.get(run)
    if (entry === null) return false
    // What has ended may still owe something, and does nothing else.
    if (isTerminal(entry.status)) return true
    if (stays && environmentOf(entry) === projects.environment) await this.takeOver(run)
    return false
  }

  async commandFromOther({ run, body, by }: Extract<HostRequest, { op: 'command' }>): Promise<Json> {
    const owner = await this.#parts.owners.ownerOf(run)
    if (owner === null || owner === 'gone' || owner.id !== this.#parts.id) return notOwner
    return (await this.#commandHere(run, body, by)) as Json
  }

  /**
   * Tells a run, wherever it is driven, what the limits service has for it. One that nobody drives is taken up here. Rejects
   * where that cannot be: it is told again later, and keeps its place.
   */
  notify(notice: Notice): Promise<'told' | 'gone'> {
    const told = this.#notify(notice).finally(() => this.#notifying.delete(told))
    this.#notifying.add(told)
    return told
  }

  async #notify(notice: Notice): Promise<'told' | 'gone'> {
    const { run } = notice.holder
    const { id, index, ownership, coordinator } = this.#parts
    const entry = await index.get(run)
    if (entry === null || isTerminal(entry.status)) return 'gone'
    const owner = await ownership.livingOwner(run)
    if (owner?.id === id) return await coordinator.notify(notice)
    if (owner === null) return await this.#notifyOrphan(entry, notice)
    const answer = await askHost(owner, { op: 'command', run, body: noticeCommand(notice), by: 'limits' })
    if (answer !== hostGone && answer !== notOwner) return 'told'
    throw new WonderError('host_not_responding', `Cannot tell run "${run}" of its permit: no process drives it`)
  }

  /** What was granted is of use only to a run that somebody drives: it is driven here from then on, unless it is paused. */
  async #notifyOrphan(entry: RunIndexEntry, notice: Notice): Promise<'told' | 'gone'> {
    const { id: run, status } = entry
    const { projects, owners, coordinator } = this.#parts
    if (environmentOf(entry) !== projects.environment) {
      throw new WonderError('host_not_started', `Nobody drives run "${run}", and its environment is another one`)
    }
    if ((await this.takeOver(run)) !== 'taken') {
      throw new WonderError(
        'host_not_responding',
        `Cannot tell run "${run}" of its permit: another process takes it up`,
      )
    }
    if (!this.#parts.stays) this.#takenUp.add(run)
    const answer = await coordinator.notify(notice)
    if (status === 'paused') {
      this.#takenUp.delete(run)
      await owners.release(run)
    }
    return answer
  }

  /**
   * Resolves when nobody is being told anything here, and runs that were taken up for it rest, in the order in which
   * they were: who drives runs for a while would else leave them behind in the middle.
   */
  async finishTakenUp(onWait: (run: string) => void): Promise<void> {
    const { coordinator, clock } = this.#parts
    // What has just ended still gives back what it held, and then somebody is told.
    const settled = Promise.allSettled(coordinator.openRuns.map((run) => coordinator.whenResting(run)))
    const late = Promise.withResolvers<void>()
    // A timer that is left behind would keep the process for its whole time.
    const cancel = clock.at(clock.now() + longestSettling, late.resolve)
    await Promise.race([settled, late.promise])
    cancel()
    for (;;) {
      await Promise.allSettled(this.#notifying)
      const [run] = this.#takenUp
      if (run === undefined) return
      onWait(run)
      await coordinator.whenResting(run).catch(() => undefined)
      this.#takenUp.delete(run)
    }
  }

  async takeOver(run: string): Promise<'taken' | 'owned_elsewhere' | 'ended'> {
    const entry = await this.#entry(run, 'take up')
    if (isTerminal(entry.status)) return 'ended'
    const { id, ownership, recovery } = this.#parts
    const owner = await ownership.livingOwner(run)
    if (owner?.id === id) return 'taken'
    if (owner !== null) return 'owned_elsewhere'
    await this.#prepare(entry)
    if (!(await ownership.claim(run))) {
      // It may have ended in between: a run that is settled can be claimed by nobody.
      return isTerminal((await this.#entry(run, 'take up')).status) ? 'ended' : 'owned_elsewhere'
    }
    await recovery.takeUp(run)
    await this.#takeOverBelow(run)
    return 'taken'
  }

  /** The runs that it ordered are driven where it is, unless another process has them. */
  async #takeOverBelow(run: string): Promise<void> {
    for (let before: string | undefined; ; ) {
      const filter = { parent: run, status: openStatuses, limit: 1_000 }
      const children = await this.#parts.index.list(before === undefined ? filter : { ...filter, before })
      for (const { id } of children) await this.takeOver(id)
      before = children.at(-1)?.id
      if (before === undefined) return
    }
  }

  async #commandOrphan(
    entry: RunIndexEntry,
    body: HostCommand,
    by: string,
  ): Promise<CommandAnswer | 'owned_elsewhere'> {
    const { id: run } = entry
    const { owners, coordinator, ownership } = this.#parts
    if (goingOn.has(body.kind)) {
      return (await this.takeOver(run)) === 'owned_elsewhere' ? 'owned_elsewhere' : this.#commandHere(run, body, by)
    }
    // Nothing of it is in flight, and what was out is not ordered again for this: a cancelled task need not run, and a
    // paused run orders it when it goes on.
    await this.#prepare(entry)
    if (!(await ownership.claim(run))) return 'owned_elsewhere'
    const answer = await this.#commandHere(run, body, by)
    if (body.kind === 'cancel') await coordinator.whenResting(run)
    await owners.release(run)
    return answer
  }

  async #commandHere(run: string, body: HostCommand, by: string): Promise<CommandAnswer> {
    const outcome = await this.#parts.coordinator.command(run, { ...body, by })
    return outcome.status === 'refused' ? { status: 'refused', error: outcome.error } : { status: 'accepted' }
  }

  async #entry(run: string, what: string): Promise<RunIndexEntry> {
    const entry = await this.#parts.index.get(run)
    if (entry !== null) return entry
    const verb = what.replaceAll('_', ' ')
    throw new WonderError('run_not_found', `Cannot ${verb} run "${run}": this project has no such run`)
  }
}
