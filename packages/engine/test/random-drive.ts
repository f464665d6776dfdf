import { type Command, mixSeed, nextTimer } from '../src/index.ts'
import { type Oracle, repairOf } from './reference-run.ts'
import { failure, type SimulatedRun } from './simulated-run.ts'

/** What may befall a run besides the results of its tasks. */
export type Troubles = { readonly cancels: boolean }

const mostMoves = 3_000

/**
 * Drives a run to its end by chance: results in any order, alone or together, again, late or for others; pauses, crashes,
 * wakes, repairs. The same seed does the same.
 */
export function driveByChance(run: SimulatedRun, oracle: Oracle, seed: number, troubles: Troubles): void {
  let count = 0
  const chance = (below: number): number => {
    count += 1
    return mixSeed(seed, String(count)) % below
  }
  const past: Command[] = []
  const resultOf = (token: string, attempt: number): Command => {
    const output = oracle(run.refOf(token), run.pathOf(token), run.triesOf(token))
    const result: Command =
      output === undefined
        ? { kind: 'fail_task', token, attempt, error: failure() }
        : { kind: 'complete_task', token, attempt, output }
    past.push(result)
    return result
  }
  for (let move = 0; move < mostMoves && run.state.ended === null; move++) {
    run.time += chance(400)
    const { out } = run
    const waits = [...run.state.tokens.values()]
    const interrupted = waits.find(({ wait }) => wait === 'decision')
    const [blocked, ...others] = waits.filter(({ wait }) => wait === 'repair')
    const isHeld = run.state.paused || run.state.hold !== null
    const dice = chance(100)
    const pick = out[chance(Math.max(1, out.length))]
    const repaired = others[chance(others.length + 1)] ?? blocked
    if (repaired !== undefined && chance(out.length === 0 ? 4 : 20) === 0) {
      const task = run.refOf(repaired.id)
      run.send({ kind: 'repair', task, action: chance(3) === 0 ? 'retry' : repairOf(task) })
    } else if (dice < 55 && pick !== undefined) {
      run.send(resultOf(pick.token, pick.attempt))
    } else if (dice < 70 && out.length > 1) {
      const some = out.filter(() => chance(2) === 0)
      run.send(...some.map(({ token, attempt }) => resultOf(token, attempt)))
    } else if (dice < 75 && past.length > 0) {
      run.send(past[chance(past.length)] as Command)
    } else if (dice < 77) {
      run.send({ kind: 'complete_task', token: `9${chance(99)}.1`, attempt: 1, output: 1 })
    } else if (dice < 82 && pick !== undefined) {
      run.send({ kind: 'begin_task', token: pick.token, attempt: pick.attempt, dispatch: pick.dispatch })
    } else if (dice < 84 && pick !== undefined) {
      run.send({ kind: 'complete_step', token: pick.token, attempt: pick.attempt, step: 'run', output: dice })
    } else if (dice < 87) {
      run.crash(chance(2) === 0 ? 'journal' : 'snapshot')
      run.send({ kind: 'recover' })
    } else if (dice < 90) {
      run.send({ kind: 'pause' })
    } else if (dice < 93 || (isHeld && out.length === 0)) {
      run.send({ kind: 'resume' })
    } else if (dice < 94 && troubles.cancels) {
      run.send({ kind: 'cancel' })
    } else if (interrupted !== undefined) {
      const decision = troubles.cancels && chance(2) === 0 ? 'fail' : 'rerun'
      run.send({ kind: 'decide_interruption', task: run.refOf(interrupted.id), decision })
    } else {
      run.time = Math.max(run.time, nextTimer(run.state) ?? 0)
      run.send({ kind: 'wake' })
    }
  }
}
