import { WonderError } from '@wonder/errors'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Grant, Report, ReportResult, Results, TaskMessage } from '../src/index.ts'

export type ResultsHarness = {
  readonly name: string
  /** The executors' side, and the coordinator's: what answers their calls, and what aborts. */
  readonly open: () => Promise<{
    readonly results: Results
    serve(handler: Pick<Results, 'claim' | 'report' | 'heartbeat'>): { abort(message: TaskMessage): void; stop(): void }
    end(): Promise<void>
  }>
}

const message: TaskMessage = { run: 'r', token: 't1', attempt: 1, dispatch: 2 }
const grant: Grant = {
  status: 'granted',
  definition: 'sha256:00',
  project: 'demo',
  workflow: 'audit',
  node: 'scan',
  input: { path: 'src', nested: [1, null, 'ä'] },
  steps: { first: { ok: true } },
  startedAt: 1_000,
  seed: 7,
}
const report: Report = { ...message, executor: 'e1', result: { status: 'completed', output: { n: 1 }, artifacts: [] } }

/** A coordinator as far as this port needs one: who holds a dispatch, which attempts have a result. */
function coordinator() {
  const holders = new Map<string, string>()
  const settled = new Set<string>()
  const attempt = ({ run, token, attempt: number }: TaskMessage) => `${run}/${token}/${number}`
  return {
    claim: async (asked: TaskMessage, executor: string) => {
      if (settled.has(attempt(asked))) return { status: 'gone' } as const
      const holder = holders.get(attempt(asked)) ?? executor
      holders.set(attempt(asked), holder)
      return holder === executor ? grant : ({ status: 'held', by: holder, until: 31_000 } as const)
    },
    heartbeat: async (asked: readonly TaskMessage[], executor: string) =>
      asked.filter((one) => holders.get(attempt(one)) !== executor || settled.has(attempt(one))),
    report: async (received: Report): Promise<ReportResult> => {
      if (settled.has(attempt(received))) return { status: 'duplicate' }
      settled.add(attempt(received))
      return { status: 'accepted' }
    },
  }
}

export function resultsConformance(harness: ResultsHarness): void {
  describe(`Results of ${harness.name}`, () => {
    let fixture: Awaited<ReturnType<ResultsHarness['open']>>
    let results: Results

    beforeEach(async () => {
      fixture = await harness.open()
      results = fixture.results
    })
    afterEach(() => fixture.end())

    test('G1 claim() grants a dispatch to one executor and tells another who holds it', async () => {
      fixture.serve(coordinator())

      expect(await results.claim(message, 'e1')).toEqual(grant)
      expect(await results.claim(message, 'e2')).toEqual({ status: 'held', by: 'e1', until: 31_000 })
    })

    test('G4 heartbeat() answers the dispatches that the executor holds no more', async () => {
      fixture.serve(coordinator())
      await results.claim(message, 'e1')

      expect(await results.heartbeat([message], 'e1')).toEqual([])
      expect(await results.heartbeat([message], 'e2')).toEqual([message])
    })

    test('G1 claim() of a settled dispatch is gone', async () => {
      fixture.serve(coordinator())
      await results.report(report)

      expect(await results.claim(message, 'e1')).toEqual({ status: 'gone' })
    })

    test('G2 report() resolves after the coordinator has the result in its journal, not before', async () => {
      const journalled = Promise.withResolvers<ReportResult>()
      const order: string[] = []
      fixture.serve({ ...coordinator(), report: () => journalled.promise })

      const reported = results.report(report).then(() => order.push('reported'))
      await results.claim(message, 'e1')
      order.push('journalled')
      journalled.resolve({ status: 'accepted' })
      await reported

      expect(order).toEqual(['journalled', 'reported'])
    })

    test('G2 a second result of an attempt is a duplicate, whichever dispatch sent it', async () => {
      fixture.serve(coordinator())

      expect(await results.report(report)).toEqual({ status: 'accepted' })
      expect(await results.report({ ...report, dispatch: 3, executor: 'e2' })).toEqual({ status: 'duplicate' })
    })

    test('G2 a report arrives as it was sent', async () => {
      const received: Report[] = []
      const failed: Report = {
        ...report,
        result: { status: 'failed', error: { code: 'shell_failed', message: 'exit code 1', retry: 'never' } },
      }
      fixture.serve({
        ...coordinator(),
        report: async (one) => {
          received.push(one)
          return { status: 'gone' }
        },
      })

      expect(await results.report(report)).toEqual({ status: 'gone' })
      await results.report(failed)

      expect(received).toEqual([report, failed])
    })

    test("G2 the coordinator's error reaches the executor with its code", async () => {
      const refuse = async () => {
        throw new WonderError('store_full', 'Cannot append: the disk is full')
      }
      fixture.serve({ claim: refuse, report: refuse, heartbeat: refuse })

      await expect(results.claim(message, 'e1')).rejects.toMatchObject({ code: 'store_full', retry: 'after' })
      await expect(results.report(report)).rejects.toMatchObject({ code: 'store_full' })
    })

    test('calls that come before the coordinator wait for it', async () => {
      const early = Promise.all([results.claim(message, 'e1'), results.claim({ ...message, token: 't2' }, 'e1')])

      fixture.serve(coordinator())

      expect(await early).toEqual([grant, grant])
    })

    test('calls that come after the coordinator has stopped wait for the next one', async () => {
      fixture.serve(coordinator()).stop()
      const late = results.claim(message, 'e1')

      fixture.serve(coordinator())

      expect(await late).toEqual(grant)
    })

    test('G3 onAbort() tells every executor, until it stops listening', async () => {
      const first: TaskMessage[] = []
      const second = Promise.withResolvers<TaskMessage>()
      const stop = results.onAbort((aborted) => first.push(aborted))
      stop()
      results.onAbort((aborted) => second.resolve(aborted))

      fixture.serve(coordinator()).abort(message)

      expect(await second.promise).toEqual(message)
      expect(first).toEqual([])
    })
  })
}
