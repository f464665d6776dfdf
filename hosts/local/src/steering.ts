import type { CommandBody, Json } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import { isTerminal, type RunIndexEntry } from '@wonder/platform'
import { askHost, hostGone } from './host-client.ts'
import type { HostParts } from './host-parts.ts'
import { type CommandAnswer, type HostRequest, notOwner } from './host-protocol.ts'

type SteeringParts = Pick<HostParts, 'id' | 'index' | 'owners' | 'ownership' | 'coordinator' | 'recovery'>

/** Commands to runs, from this process and from others, to whoever owns the run. */
export class Steering {
  readonly #parts: SteeringParts
  readonly #prepare: (entry: RunIndexEntry) => Promise<void>

  /** @param prepare makes this process one that can drive the run */
  constructor(parts: SteeringParts, prepare: (entry: RunIndexEntry) => Promise<void>) {
    this.#parts = parts
    this.#prepare = prepare
  }

  async command(run: string, body: CommandBody, by: string): Promise<CommandAnswer> {
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

  async commandFromOther({ run, body, by }: Extract<HostRequest, { op: 'command' }>): Promise<Json> {
    const owner = await this.#parts.owners.ownerOf(run)
    if (owner === null || owner === 'gone' || owner.id !== this.#parts.id) return notOwner
    return (await this.#commandHere(run, body, by)) as Json
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
    return 'taken'
  }

  async #commandOrphan(
    entry: RunIndexEntry,
    body: CommandBody,
    by: string,
  ): Promise<CommandAnswer | 'owned_elsewhere'> {
    const { id: run } = entry
    const { owners, coordinator, ownership } = this.#parts
    if (body.kind === 'resume' || body.kind === 'decide_interruption' || body.kind === 'repair') {
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

  async #commandHere(run: string, body: CommandBody, by: string): Promise<CommandAnswer> {
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
