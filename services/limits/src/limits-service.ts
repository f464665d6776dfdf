/** What runs share, over the journals of the store: permits, budgets of projects, keys of starts. */
import { WonderError } from '@wonder/errors'
import type {
  Amounts,
  BudgetWarning,
  Clock,
  Entity,
  Holder,
  KeyedStart,
  Limits,
  Notice,
  PermitAnswer,
  PermitRequest,
  PermitsOfKey,
  ProjectBudget,
  ReservationAnswer,
  ReservationRequest,
  RunStore,
  SharedKind,
} from '@wonder/platform'
import {
  type BudgetCommand,
  type BudgetDecision,
  type BudgetEvent,
  type BudgetState,
  budgetKernel,
} from './budget-kernel.ts'
import { entityId } from './entity-id.ts'
import { EntityJournal } from './entity-journal.ts'
import type { Debt } from './entity-kernel.ts'
import { holderName, holderOf } from './holder-name.ts'
import { type KeyCommand, type KeyDecision, type KeyEvent, type KeyState, keyKernel } from './key-kernel.ts'
import {
  type PermitCommand,
  type PermitDecision,
  type PermitEvent,
  type PermitState,
  permitKernel,
} from './permit-kernel.ts'
import { RecentJournals } from './recent-journals.ts'

type PermitJournal = EntityJournal<PermitState, PermitEvent, PermitCommand, PermitDecision>
type KeyJournal = EntityJournal<KeyState, KeyEvent, KeyCommand, KeyDecision>
type BudgetJournal = EntityJournal<BudgetState, BudgetEvent, BudgetCommand, BudgetDecision>

const longestKey = 10_000

/**
 * @example
 * const limits = new LimitsService({ runs, clock })
 * const holder = { run, request: '3.1' }
 * await limits.acquire({ key: 'deploy', holder, limit: 1, whenFull: 'queue' }) // {status: 'granted'}
 * await limits.release({ key: 'deploy', holder })
 */
export class LimitsService implements Limits {
  readonly #runs: RunStore
  readonly #permits: RecentJournals<PermitJournal>
  readonly #budgets: RecentJournals<BudgetJournal>
  readonly #keys: RecentJournals<KeyJournal>
  #listener: ((notice: Notice) => Promise<'told' | 'gone'>) | null = null
  /** Whom somebody is telling at this moment. */
  readonly #telling = new Set<string>()

  constructor({ runs, clock }: { readonly runs: RunStore; readonly clock: Clock }) {
    this.#runs = runs
    const parts = { runs, clock, onDebts: (entity: Entity, debts: readonly Debt[]) => this.#tellAll(entity, debts) }
    this.#permits = new RecentJournals((id) => new EntityJournal({ kind: 'limit', id }, permitKernel, parts))
    this.#budgets = new RecentJournals((id) => new EntityJournal({ kind: 'budget', id }, budgetKernel, parts))
    this.#keys = new RecentJournals((id) => new EntityJournal({ kind: 'key', id }, keyKernel, parts))
  }
  async acquire({ key, holder, limit, whenFull }: PermitRequest): Promise<PermitAnswer> {
    checkKey(key)
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new WonderError(
        'invalid_value',
        `Cannot ask for a permit of "${key}": its limit is ${limit}, not 1 or more`,
      )
    }
    const command = { kind: 'acquire', key, holder: holderName(holder), limit, whenFull } as const
    const answer = await this.#permits.get(entityId(key)).submit(command)
    switch (answer.status) {
      case 'full':
        return { status: 'full', by: answer.by.map(holderOf) }
      case 'queued':
        return answer
      case 'superseded':
        return { status: 'superseded' }
      default:
        return { status: 'granted' }
    }
  }

  async release({ key, holder }: { readonly key: string; readonly holder: Holder }): Promise<void> {
    await this.#permits.get(entityId(key)).submit({ kind: 'release', holder: holderName(holder) })
  }

  async reserve({ holder, ...request }: ReservationRequest): Promise<ReservationAnswer> {
    const { project } = request
    checkKey(project)
    const command = { kind: 'reserve', ...request, holder: holderName(holder) } as const
    const answer = await this.#budgets.get(entityId(project)).submit(command)
    return answer.status === 'exceeded' ? answer : { status: 'granted' }
  }

  async settle(request: {
    readonly project: string
    readonly holder: Holder
    readonly used: Amounts
  }): Promise<readonly BudgetWarning[]> {
    const { project, holder, used } = request
    const command = { kind: 'settle', holder: holderName(holder), used } as const
    const answer = await this.#budgets.get(entityId(project)).submit(command)
    return answer.status === 'done' ? answer.warnings : []
  }

  async raise({ project, limits }: { readonly project: string; readonly limits: Amounts }): Promise<void> {
    checkKey(project)
    await this.#budgets.get(entityId(project)).submit({ kind: 'raise', project, limits })
  }

  async startKey(request: {
    readonly key: string
    readonly digest: string
    readonly run: string
  }): Promise<KeyedStart> {
    checkKey(request.key)
    const { run, digest, first } = await this.#keys.get(entityId(request.key)).submit(request)
    return digest === request.digest ? { status: 'same', run, first } : { status: 'conflict', run }
  }

  async permits(): Promise<readonly PermitsOfKey[]> {
    const all: PermitsOfKey[] = []
    for await (const id of this.#ids('limit')) {
      const { state } = await this.#permits.get(id).read()
      const { key, limit, holders, waiting } = state
      if (holders.size === 0 && waiting.size === 0) continue
      all.push({
        key,
        limit,
        holders: [...holders].map(([name, value]) => ({ ...holderOf(name), ...value })),
        waiting: [...waiting].map(([name, value]) => ({ ...holderOf(name), ...value })),
      })
    }
    return all
  }

  async budget(project: string): Promise<ProjectBudget | null> {
    return await this.#budget(entityId(project))
  }

  async budgets(): Promise<readonly ProjectBudget[]> {
    const all: ProjectBudget[] = []
    for await (const id of this.#ids('budget')) {
      const budget = await this.#budget(id)
      if (budget !== null) all.push(budget)
    }
    return all
  }

  async #budget(id: string): Promise<ProjectBudget | null> {
    const { state } = await this.#budgets.get(id).read()
    const { project } = state
    if (project === '') return null
    const { limits, used, reserved, holders, waiting } = state
    return {
      project,
      limits,
      used,
      reserved,
      holders: [...holders].map(([name, amounts]) => ({ ...holderOf(name), amounts })),
      waiting: [...waiting].map(([name, amounts]) => ({ ...holderOf(name), amounts })),
    }
  }

  async reconcile(isOver: (run: string) => Promise<boolean>): Promise<number> {
    let released = 0
    for await (const id of this.#ids('limit')) {
      const journal = this.#permits.get(id)
      const { holders, waiting } = (await journal.read()).state
      for (const holder of [...holders.keys(), ...[...waiting].map(([name]) => name)]) {
        if (!(await isOver(holderOf(holder).run))) continue
        await journal.submit({ kind: 'release', holder })
        released += 1
      }
    }
    for await (const id of this.#ids('budget')) {
      const journal = this.#budgets.get(id)
      const { holders, waiting } = (await journal.read()).state
      for (const holder of [...holders.keys(), ...[...waiting].map(([name]) => name)]) {
        if (!(await isOver(holderOf(holder).run))) continue
        // Nobody will say what it has used: as much as it might have.
        await journal.submit({ kind: 'settle', holder, used: holders.get(holder) ?? {} })
        released += 1
      }
    }
    return released
  }

  onNotice(listener: (notice: Notice) => Promise<'told' | 'gone'>): () => void {
    this.#listener = listener
    return () => {
      if (this.#listener === listener) this.#listener = null
    }
  }

  wake(entity: Entity): void {
    const { kind, id } = entity
    if (kind !== 'limit' && kind !== 'budget') return
    const journal = kind === 'limit' ? this.#permits.get(id) : this.#budgets.get(id)
    journal.remind().then(
      (debts) => this.#tellAll(entity, debts),
      // The stored wake stays due, so the store gives it again.
      () => undefined,
    )
  }

  async *#ids(kind: SharedKind): AsyncIterable<string> {
    for (let after = ''; ; ) {
      const page = await this.#runs.entities(kind, { after })
      yield* page
      const last = page.at(-1)
      if (last === undefined) return
      after = last
    }
  }

  #tellAll(entity: Entity, debts: readonly Debt[]): void {
    if (this.#listener === null) return
    for (const debt of debts) {
      const name = `${entity.kind} ${entity.id} ${debt.what} ${debt.holder}`
      if (this.#telling.has(name)) continue
      this.#telling.add(name)
      // Who could not be told is told again: the entity's wake is stored.
      this.#tell(entity, debt)
        .catch(() => undefined)
        .finally(() => this.#telling.delete(name))
    }
  }

  async #tell(entity: Entity, { key, holder, what }: Debt): Promise<void> {
    const of = entity.kind === 'limit' ? 'permit' : 'reservation'
    const answer = await this.#listener?.({ what, of, key, holder: holderOf(holder) })
    if (answer === undefined) return
    if (entity.kind === 'limit') {
      const permits = this.#permits.get(entity.id)
      await permits.submit(answer === 'told' ? { kind: 'told', holder, what } : { kind: 'release', holder })
    } else if (answer === 'told') await this.#budgets.get(entity.id).submit({ kind: 'told', holder })
    else await this.#budgets.get(entity.id).submit({ kind: 'settle', holder, used: {} })
  }
}

function checkKey(key: string): void {
  if (key !== '' && key.length <= longestKey) return
  const fault = key === '' ? 'is empty' : `has ${key.length} characters, more than ${longestKey}`
  throw new WonderError('invalid_value', `Cannot use a key that ${fault}`)
}
