import fc from 'fast-check'
import { expect, test } from 'vitest'
import { workflow } from '../test/lists.ts'
import { driveByChance } from '../test/random-drive.ts'
import { randomRuns, randomStoppingWorkflow, randomTimeouts, randomWorkflow } from '../test/random-workflow.ts'
import { fits, type Oracle, referenceRun } from '../test/reference-run.ts'
import { failure, SimulatedRun } from '../test/simulated-run.ts'
import { type Command, createRunState, decide, encodeRecord, encodeSnapshot, type Json, mixSeed } from './index.ts'

const input = { t: true, f: false }
const seeds = fc.integer({ min: 0, max: 2 ** 31 })

/** Fails a share (percent) of all attempts; outputs are texts, lists and objects. */
const oracleOf =
  (seed: number, failing: number): Oracle =>
  (ref, path, tries) => {
    const at = `${ref}/${path.join('.')}`
    if (mixSeed(seed, `${at}/${tries}`) % 100 < failing) return undefined
    const forms: readonly Json[] = [at, [at], [at, 1], { [ref]: path.length }, 7]
    return forms[mixSeed(seed, at) % forms.length] ?? null
  }

const failing = fc.constantFrom(0, 10, 40)

test('a run comes to what plain recursion says, whatever the order of results, crashes and pauses', () => {
  fc.assert(
    fc.property(
      randomWorkflow(),
      seeds,
      failing,
      fc.array(seeds, { minLength: 2, maxLength: 2 }),
      (parts, seed, percent, orders) => {
        const definition = workflow(parts)
        const oracle = oracleOf(seed, percent)
        const expected = referenceRun(parts, oracle)
        for (const order of orders) {
          const run = new SimulatedRun(definition)
          run.start(input, { seed })
          driveByChance(run, oracle, order, { cancels: false })
          expect(run.state.ended?.status).toBe(expected.status)
          if (expected.status !== 'completed') continue
          if (!fits(run.output, expected.output)) expect(run.output).toEqual(expected.output)
        }
      },
    ),
    randomRuns(150),
  )
})

test('every run ends, and each promise of the kernel holds at every record', () => {
  fc.assert(
    fc.property(randomWorkflow(), seeds, failing, (parts, seed, percent) => {
      const run = new SimulatedRun(workflow(parts))
      run.start(input, { seed })
      driveByChance(run, oracleOf(seed, percent), seed, { cancels: true })

      expect(run.state.ended).not.toBeNull()
      expectEachOnce(run)
      expectSameAgain(run)
      expectNothingAfterTheEnd(run)
    }),
    randomRuns(200),
  )
})

test('runs that block, undo and sleep come to what plain recursion says, and undo each thing once, the newest first', () => {
  fc.assert(
    fc.property(
      randomStoppingWorkflow(),
      seeds,
      failing,
      fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: undefined }),
      (parts, seed, percent, after) => {
        const oracle = oracleOf(seed, percent)
        const expected = referenceRun(parts, oracle)
        const limit = after === undefined ? {} : { timeout: { after, action: 'block' as const } }
        const run = new SimulatedRun({ ...workflow(parts), ...limit })
        run.start(input, { seed })
        driveByChance(run, oracle, seed, { cancels: false })
        expect(run.state.ended?.status).toBe(expected.status)
        if (expected.status === 'completed' && !fits(run.output, expected.output)) {
          expect(run.output).toEqual(expected.output)
        }
        expectEachOnce(run)
        expectUndone(run)
        expectSameAgain(run)
      },
    ),
    randomRuns(150),
  )
})

test('whatever is cancelled, blocked, paused, held or out of time: the run ends, and what was done is undone once', () => {
  fc.assert(
    fc.property(randomStoppingWorkflow(), randomTimeouts(), seeds, failing, (parts, limited, seed, percent) => {
      const run = new SimulatedRun(limited(workflow(parts)))
      run.start(input, { seed })
      driveByChance(run, oracleOf(seed, percent), seed, { cancels: true })

      expect(run.state.ended).not.toBeNull()
      expectEachOnce(run)
      expectUndone(run)
      expectSameAgain(run)
      expectNothingAfterTheEnd(run)
    }),
    randomRuns(200),
  )
})

/**
 * What completed in the main part is undone once it fails or is cancelled: the newest first, one at a time, each with the
 * output that there was, unless a person skips it. What did not complete is not, and nothing of a run that completes.
 */
function expectUndone(run: SimulatedRun): void {
  const nodes = new Map(run.definition.nodes.map((node) => [node.ref, node]))
  const joins = new Map(run.definition.fans.map((fan) => [fan.ref, fan.joins[0]?.node ?? '']))
  const at = new Map<string, string>()
  const fans = new Map<string, string>()
  const done: { readonly task: string; readonly output?: Json }[] = []
  const undoing = new Map<string, Json>()
  let open: string | null = null
  let isMain = true
  let skipped = false
  const complete = (task: string, output?: Json) => {
    if (!isMain || nodes.get(task)?.compensate === undefined) return
    done.push({ task, ...(output === undefined ? {} : { output }) })
  }
  for (const [record, { events }] of run.records.entries()) {
    for (const [i, event] of events.entries()) {
      const id = `${record + 1}.${i}`
      switch (event.type) {
        case 'token_created':
          at.set(id, event.node)
          if (event.part !== undefined) isMain = false
          break
        case 'token_moved':
          at.set(event.token, event.node)
          break
        case 'branch_started':
          at.set(id, event.node)
          break
        case 'fanned_out':
          fans.set(id, event.fan)
          break
        case 'joined': {
          const node = joins.get(fans.get(event.fanout) ?? '') ?? ''
          at.set(id, node)
          if (event.status === 'completed') complete(node)
          break
        }
        case 'task_completed':
        case 'node_completed':
          complete(at.get(event.token) ?? '', event.output)
          break
        case 'compensation_started': {
          isMain = false
          expect([open, event.task], 'one at a time, the newest first').toEqual([null, done.at(-1)?.task])
          const output = done.pop()?.output
          if (output !== undefined) undoing.set(id, output)
          at.set(id, event.node)
          open = event.task
          break
        }
        case 'compensation_ended':
          expect(event.task).toBe(open)
          open = null
          break
        case 'compensations_skipped':
          open = null
          skipped = true
          break
        case 'task_dispatched':
          if (!undoing.has(event.token)) break
          if (event.input !== undefined) expect(event.input).toEqual(undoing.get(event.token))
          break
        case 'run_stopping':
          // The main part is over, and well: whatever becomes of `finally`, nothing is undone.
          if (event.target !== 'completed') break
          isMain = false
          done.length = 0
          break
        case 'run_ended':
          if (event.status !== 'completed' && !skipped) expect(done, 'what is left undone').toEqual([])
          expect(open).toBeNull()
          break
        default:
      }
    }
  }
}

/** K5, K6: no branch, join, attempt or run ends twice. */
function expectEachOnce(run: SimulatedRun): void {
  const seen = new Set<string>()
  const branches = new Map<string, string>()
  const once = (what: string): void => {
    expect(seen.has(what), `twice: ${what}`).toBe(false)
    seen.add(what)
  }
  for (const [record, { events }] of run.records.entries()) {
    for (const [i, event] of events.entries()) {
      switch (event.type) {
        case 'branch_started':
          branches.set(`${record + 1}.${i}`, `${event.fanout}/${event.index}`)
          once(`start of ${event.fanout}/${event.index}`)
          break
        case 'branch_failed':
          once(`end of ${event.fanout}/${event.index}`)
          break
        case 'joined':
          once(`join of ${event.fanout}`)
          break
        case 'task_completed':
        case 'task_failed':
          once(`result of ${event.token}/${event.attempt}`)
          break
        case 'task_dispatched':
          once(`dispatch of ${event.token}/${event.attempt}/${event.dispatch}`)
          break
        case 'run_ended':
          once('end')
          break
        default:
      }
    }
  }
}

/** K1: the same commands, grouped alike, give the same bytes. */
function expectSameAgain(run: SimulatedRun): void {
  const state = createRunState('r')
  const bodies: string[] = []
  for (const { time, commands } of run.script) {
    const result = decide(run.plan, state, commands, { time, blobs: run.blobs })
    if (result.status === 'decided' && result.record !== null) bodies.push(encodeRecord(result.record))
  }
  expect(bodies).toEqual(run.journal)
}

/** K3: whatever is asked of a terminal run changes nothing. */
function expectNothingAfterTheEnd(run: SimulatedRun): void {
  const before = encodeSnapshot(run.plan, run.state)
  const questions: readonly Command[] = [
    ...run.script.flatMap(({ commands }) => commands),
    { kind: 'wake' },
    { kind: 'recover' },
    { kind: 'pause' },
    { kind: 'resume' },
    { kind: 'cancel' },
    { kind: 'fail_task', token: '1.1', attempt: 1, error: failure() },
  ]
  run.time += 10_000_000
  for (const question of questions) {
    const { record, effects } = run.send(question)
    expect([record, effects]).toEqual([null, []])
  }
  expect(encodeSnapshot(run.plan, run.state)).toEqual(before)
}
