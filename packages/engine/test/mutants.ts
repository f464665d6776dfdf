/**
 * Rules of the kernel, each broken once: `find` stands in the file exactly once, and with `replace` in its place some test must
 * fail. `npm run mutants` tries them all; docs/testing.md lists them.
 */
export type Mutant = {
  readonly area:
    | 'fan-in'
    | 'routing'
    | 'attempts'
    | 'leases'
    | 'budgets'
    | 'people'
    | 'signals'
    | 'children'
    | 'stopping'
    | 'time'
    | 'state'
  /** What does not hold any more. */
  readonly rule: string
  /** Below the repository's root. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

const engine = 'packages/engine/src'
const coordinator = 'services/coordinator/src'

export const mutants: readonly Mutant[] = [
  // Fan-in
  {
    area: 'fan-in',
    rule: 'K5 a join that is closed is not judged again',
    file: `${engine}/join.ts`,
    find: 'if (fanout.joins[index]?.closed !== false) continue',
    replace: 'if (fanout.joins[index] === undefined) continue',
  },
  {
    area: 'fan-in',
    rule: '`all` waits while a branch may still arrive',
    file: `${engine}/join.ts`,
    find: 'if (possible > 0 ||',
    replace: 'if (possible > 1 ||',
  },
  {
    area: 'fan-in',
    rule: '`ended` waits while anything of a branch is live',
    file: `${engine}/join.ts`,
    find: "(require === 'ended' && ended < count)",
    replace: "(require === 'ended' && ended < 0)",
  },
  {
    area: 'fan-in',
    rule: 'a quorum needs as many as it says',
    file: `${engine}/join.ts`,
    find: 'if (arrived >= needed || count === 0) return null',
    replace: 'if (arrived + 1 >= needed || count === 0) return null',
  },
  {
    area: 'fan-in',
    rule: 'a quorum that can no longer come about fails',
    file: `${engine}/join.ts`,
    find: "if (arrived + possible >= needed) return 'open'",
    replace: "if (arrived + possible >= 0) return 'open'",
  },
  {
    area: 'fan-in',
    rule: 'no branches activate the join at once',
    file: `${engine}/join.ts`,
    find: 'if (arrived >= needed || count === 0) return null',
    replace: 'if (arrived >= needed) return null',
  },
  {
    area: 'fan-in',
    rule: 'fail_fast fails at the first failure',
    file: `${engine}/join.ts`,
    find: "if (strategy === 'fail_fast' && failures.size > 0)",
    replace: "if (strategy === 'fail_fast' && failures.size > 1)",
  },
  {
    area: 'fan-in',
    rule: 'race ends with the first arrival',
    file: `${engine}/join.ts`,
    find: "if (strategy === 'race' && arrived > 0) return null",
    replace: "if (strategy === 'race' && arrived > 1) return null",
  },
  {
    area: 'fan-in',
    rule: 'wait_all fails when one branch failed, best_effort only when all did',
    file: `${engine}/join.ts`,
    find: "const fails = failures.size > 0 && (strategy === 'wait_all' || arrived === 0)",
    replace: 'const fails = failures.size > 0 && arrived === 0',
  },
  {
    area: 'fan-in',
    rule: 'the last join ends what is live of the fan-out, and its tasks are aborted',
    file: `${engine}/join.ts`,
    find: 'if (last && !open) abortWithin(decision, [], [fanout])',
    replace: 'if (!last) abortWithin(decision, [], [fanout])',
  },
  {
    area: 'fan-in',
    rule: 'the rest goes on only where the join says so',
    file: `${engine}/join.ts`,
    find: "join.def.rest === 'continue'",
    replace: "join.def.rest !== 'continue'",
  },
  {
    area: 'fan-in',
    rule: 'a fan-out whose rest goes on stays open until that has ended',
    file: `${engine}/fold-join.ts`,
    find: 'if (event.open !== true && fanout.joins',
    replace: 'if (fanout.joins',
  },
  {
    area: 'fan-in',
    rule: 'a branch arrives once at a join, with its first token',
    file: `${engine}/fold-join.ts`,
    find: 'if (!branch.arrived.includes(join.index)) {',
    replace: 'if (branch !== null) {',
  },
  {
    area: 'fan-in',
    rule: 'merges go by the number of the branch, not by the order of arrival',
    file: `${engine}/merge.ts`,
    find: 'return [...results].sort(([a], [b]) => a - b).map(([, output]) => output)',
    replace: 'return [...results].map(([, output]) => output)',
  },
  {
    area: 'fan-in',
    rule: 'a join that times out may go on with what has arrived',
    file: `${engine}/join.ts`,
    find: "const proceeds = join.def.onTimeout === 'proceed'",
    replace: "const proceeds = join.def.onTimeout !== 'proceed'",
  },
  {
    area: 'fan-in',
    rule: "a join's time runs from the first arrival",
    file: `${engine}/fold-join.ts`,
    find: 'if (timeout !== undefined && state.dueAt === 0) {',
    replace: 'if (timeout !== undefined) {',
  },
  {
    area: 'fan-in',
    rule: 'workers bound the branches that are live',
    file: `${engine}/fan-out.ts`,
    find: 'fanout.branches.size >= plan.workers',
    replace: 'fanout.branches.size > plan.workers',
  },
  {
    area: 'fan-in',
    rule: 'a branch that neither arrived nor failed is skipped, whatever others did',
    file: `${engine}/merge.ts`,
    find: 'return both === 0 ? undefined',
    replace: 'return both >= 0 ? undefined',
  },
  {
    area: 'fan-in',
    rule: 'a branch is seen with the values of those around it',
    file: `${engine}/fold-join.ts`,
    find: 'valueIn(own, join.take)',
    replace: 'own.values?.get(join.take)',
  },
  // Routing
  {
    area: 'routing',
    rule: 'several ways at once are gone in the order of their transitions',
    file: `${engine}/routing.ts`,
    find: 'of made) {',
    replace: 'of made.toReversed()) {',
  },
  {
    area: 'routing',
    rule: 'the first tier with a match fires, and no other',
    file: `${engine}/routing.ts`,
    find: `    firing = matches.value
    break`,
    replace: '    firing = matches.value',
  },
  {
    area: 'routing',
    rule: 'the most urgent tier comes first',
    file: `${engine}/plan.ts`,
    find: '.sort((a, b) => a - b)',
    replace: '.sort((a, b) => b - a)',
  },
  {
    area: 'routing',
    rule: 'a transition is taken as often as its limit says',
    file: `${engine}/routing.ts`,
    find: '(token.loops?.[def.ref] ?? 0) >= limit',
    replace: '(token.loops?.[def.ref] ?? 0) > limit',
  },
  {
    area: 'routing',
    rule: 'loops are counted through the lineage, branches included',
    file: `${engine}/fold-token.ts`,
    find: 'loops: from === null ? null : from.loops,',
    replace: 'loops: null,',
  },
  {
    area: 'routing',
    rule: 'a failed condition of a way out fails for good',
    file: `${engine}/routing.ts`,
    find: `      decision.emit({ type: 'node_failed', token: token.id, error: matches.error })
      return failForGood(decision, token)`,
    replace: `      decision.emit({ type: 'node_failed', token: token.id, error: matches.error })
      return afterFailure(decision, token)`,
  },
  {
    area: 'routing',
    rule: '`continue` goes on after a failure',
    file: `${engine}/routing.ts`,
    find: "if (onError === 'continue') return leave(decision, token)",
    replace: "if (onError === 'continue') return failForGood(decision, token)",
  },
  {
    area: 'routing',
    rule: 'the part is over when nothing is live any more, not before',
    file: `${engine}/run-node.ts`,
    find: 'if (tokens.size === 0 && fanouts.size === 0 && ended === null)',
    replace: 'if (tokens.size === 0 && ended === null)',
  },
  // Attempts
  {
    area: 'attempts',
    rule: 'K6 a result of an earlier attempt is a duplicate',
    file: `${engine}/attempts.ts`,
    find: 'if (token.attempt > command.attempt) return duplicate',
    replace: 'if (token.attempt > command.attempt) return token',
  },
  {
    area: 'attempts',
    rule: 'K6 a result counts only while it is awaited',
    file: `${engine}/attempts.ts`,
    find: "return token.wait === 'task' || token.wait === 'decision' ? token : duplicate",
    replace: 'return token',
  },
  {
    area: 'attempts',
    rule: 'a step that is in the journal is not taken twice',
    file: `${engine}/attempts.ts`,
    find: 'if (token.steps !== null && Object.hasOwn(token.steps, command.step)) return duplicate',
    replace: '',
  },
  {
    area: 'attempts',
    rule: 'K8 what has a result is not dispatched again by a recovery',
    file: `${engine}/interruptions.ts`,
    find: "if (token.wait !== 'task' || !isLive(decision, token) || lost?.has(token.id) === false) continue",
    replace: 'if (!isLive(decision, token) || lost?.has(token.id) === false) continue',
  },
  {
    area: 'attempts',
    rule: 'after a crash a task that had begun follows `interrupted`',
    file: `${engine}/interruptions.ts`,
    find: "if (!token.started || policy === 'rerun') redispatch(decision, token)",
    replace: 'if (token.attempt > 0) redispatch(decision, token)',
  },
  {
    area: 'attempts',
    rule: 'another attempt has fresh steps',
    file: `${engine}/fold-task.ts`,
    find: `    changes.set(token, 'save', event.save ?? null)
    changes.set(token, 'steps', null)`,
    replace: `    changes.set(token, 'save', event.save ?? null)`,
  },
  {
    area: 'attempts',
    rule: 'an error that must not be retried is not',
    file: `${engine}/retry-delay.ts`,
    find: "error.retry === 'never'",
    replace: "error.code === 'never'",
  },
  // Leases
  {
    area: 'leases',
    rule: 'only the dispatch whose lease has ended is ordered again',
    file: `${engine}/interruptions.ts`,
    find: `  if (token.dispatch !== command.dispatch || token.wait !== 'task') return gone
  const { attempt, dispatch } = command
  decision.emit({ type: 'lease_expired'`,
    replace: `  const { attempt, dispatch } = command
  decision.emit({ type: 'lease_expired'`,
  },
  {
    area: 'leases',
    rule: 'a lease ends at its time, not before',
    file: `${coordinator}/open-run.ts`,
    find: 'until <= now',
    replace: 'until <= now + 60_000',
  },
  {
    area: 'leases',
    rule: 'a dispatch is granted to one executor',
    file: `${coordinator}/task-results.ts`,
    find: 'if (held !== undefined && held.executor !== executor)',
    replace: 'if (held !== undefined && held.executor === executor)',
  },
  {
    area: 'leases',
    rule: 'heartbeats keep up a lease',
    file: `${coordinator}/task-results.ts`,
    find: '  held.until = until\n',
    replace: '',
  },
  // Budgets
  {
    area: 'budgets',
    rule: 'K7 what is reserved counts',
    file: `${engine}/budget.ts`,
    find: 'const taken = plus(usedOf(state, name, 0), reservedOf(budget, name))',
    replace: 'const taken = usedOf(state, name, 0)',
  },
  {
    area: 'budgets',
    rule: 'a limit may be reached and not exceeded',
    file: `${engine}/budget.ts`,
    find: 'plus(taken, needed) <= limit',
    replace: 'plus(taken, needed) <= limit + 1',
  },
  {
    area: 'budgets',
    rule: 'who waits for a budget is served in order',
    file: `${engine}/budget.ts`,
    find: 'if (first !== undefined && first !== token.id) return false',
    replace: '',
  },
  {
    area: 'budgets',
    rule: 'a reservation is free again when the attempt has ended',
    file: `${engine}/fold-budget.ts`,
    find: 'if (amount !== 0) changes.set(budget.reserved, name, plus(budget.reserved[name], -amount))',
    replace: '',
  },
  {
    area: 'budgets',
    rule: 'a fan-out that is too wide waits',
    file: `${engine}/budget.ts`,
    find: "if (limit === undefined || count <= limit || token.part !== 'main') return true",
    replace: 'if (limit !== null) return true',
  },
  {
    area: 'budgets',
    rule: 'a run is held when its wall time is used up',
    file: `${engine}/budget.ts`,
    find: 'if (wallTime(state, time) < limit) return false',
    replace: 'if (wallTime(state, time) < 2 * limit) return false',
  },
  // People
  {
    area: 'people',
    rule: 'an answer needs the role',
    file: `${engine}/asking.ts`,
    find: 'if (asked.role !== null && !roles.includes(asked.role)) {',
    replace: "if (asked.role === '') {",
  },
  {
    area: 'people',
    rule: 'an approval of something else is void',
    file: `${engine}/asking.ts`,
    find: 'if (digest !== undefined && digest !== asked.digest) {',
    replace: "if (digest === '') {",
  },
  {
    area: 'people',
    rule: 'a second answer is a harmless duplicate',
    file: `${engine}/asking.ts`,
    find: '  if (isAnswered(decision, command)) return duplicate\n  const found',
    replace: '  const found',
  },
  {
    area: 'people',
    rule: 'a rejection fails its task',
    file: `${engine}/asking.ts`,
    find: "if (command.decision === 'reject') afterFailure(decision, found)",
    replace: "if (command.decision === 'reject') goOn(decision, found)",
  },
  // Signals
  {
    area: 'signals',
    rule: '`kept: false` takes nothing that came before the wait',
    file: `${engine}/signals.ts`,
    find: 'if (onlyNew && compareIds',
    replace: 'if (!onlyNew && compareIds',
  },
  {
    area: 'signals',
    rule: 'a signal with a known key is a duplicate',
    file: `${engine}/signals.ts`,
    find: '  if (isKnown(decision, command)) return duplicate\n',
    replace: '',
  },
  {
    area: 'signals',
    rule: 'a wait takes only what its condition holds for',
    file: `${engine}/signals.ts`,
    find: 'if (wanted.ok && wanted.value) return take(decision, token, id)',
    replace: 'if (wanted.ok) return take(decision, token, id)',
  },
  {
    area: 'signals',
    rule: 'a signal that came before the wait is kept for it',
    file: `${engine}/signals.ts`,
    find: `  decision.emit({ type: 'signal_awaited', token: token.id, name, ...due })
  takeKept(decision, token)`,
    replace: `  decision.emit({ type: 'signal_awaited', token: token.id, name, ...due })`,
  },
  // Children
  {
    area: 'children',
    rule: 'only the end of the child that is awaited counts',
    file: `${engine}/children.ts`,
    find: 'if (!awaits(token, child)) return duplicate',
    replace: '',
  },
  {
    area: 'children',
    rule: 'runs nest as deep as they may',
    file: `${engine}/children.ts`,
    find: 'if (state.depth + 1 > depth) {',
    replace: 'if (state.depth > depth) {',
  },
  {
    area: 'children',
    rule: 'debts are asked for again after a crash',
    file: `${engine}/interruptions.ts`,
    find: '  askAgain(decision, true)\n  for (const token',
    replace: '  for (const token',
  },
  // Stopping
  {
    area: 'stopping',
    rule: 'K3 an ended run takes nothing more',
    file: `${engine}/decide.ts`,
    find: 'if (state.ended !== null) return afterTheEnd(decision, command)',
    replace: "if (state.ended !== null && command.kind === 'start') return afterTheEnd(decision, command)",
  },
  {
    area: 'stopping',
    rule: 'compensations run the newest first',
    file: `${engine}/ending.ts`,
    find: 'state.compensations.get(state.compensations.size - 1)',
    replace: 'state.compensations.get(0)',
  },
  {
    area: 'stopping',
    rule: 'a completed run undoes nothing',
    file: `${engine}/ending.ts`,
    find: "const undoes = stop.target !== 'completed'",
    replace: 'const undoes = true',
  },
  {
    area: 'stopping',
    rule: 'a task in flight that can be undone is awaited',
    file: `${engine}/ending.ts`,
    find: "return token.wait === 'task' && token.part === 'main'",
    replace: "return token.wait === 'retry' && token.part === 'main'",
  },
  {
    area: 'stopping',
    rule: 'what undoes sees what its node saw',
    file: `${engine}/fold-compensation.ts`,
    find: 'if (item === undefined) continue',
    replace: 'if (item !== undefined) continue',
  },
  // Time
  {
    area: 'time',
    rule: 'a timer fires at its time, not before',
    file: `${engine}/timers.ts`,
    find: 'if (timer === undefined || timer.at > time) return',
    replace: 'if (timer === undefined) return',
  },
  {
    area: 'time',
    rule: 'timers stand still while the run is paused or held',
    file: `${engine}/wake.ts`,
    find: 'if (isHeld(state) || state.ended !== null) return',
    replace: 'if (state.ended !== null) return',
  },
  {
    area: 'time',
    rule: 'wall time does not count while the run is paused',
    file: `${engine}/run-status.ts`,
    find: 'if (state.ended !== null || state.paused',
    replace: 'if (state.ended !== null',
  },
  // State
  {
    area: 'state',
    rule: 'K2 a snapshot carries the debts',
    file: `${engine}/snapshot.ts`,
    find: 'debts: [...state.debts].sort(',
    replace: 'debts: [].sort(',
  },
  {
    area: 'state',
    rule: 'a paused run starts nothing',
    file: `${engine}/run-node.ts`,
    find: `function run(decision: Decision, token: Token): void {
  if (isHeld(decision.state)) return`,
    replace: 'function run(decision: Decision, token: Token): void {',
  },
]
