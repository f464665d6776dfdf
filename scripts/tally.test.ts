import { describe, expect, test } from 'vitest'
import { tallyLine, tallyOf } from './tally.ts'

const file = (status: string, ...results: string[]) => ({
  status,
  assertionResults: results.map((result) => ({ status: result })),
})

describe('tallyOf()', () => {
  test('counts every test once, whatever kept it from running as skipped', () => {
    const report = { testResults: [file('passed', 'passed', 'pending', 'todo'), file('failed', 'passed', 'failed')] }

    expect(tallyOf(report, 1)).toEqual({ passed: 2, failed: 1, skipped: 2 })
  })

  test('counts a file that could not be loaded as failed', () => {
    const report = { testResults: [file('failed'), file('passed', 'passed')] }

    expect(tallyOf(report, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
  })

  test('counts a failure when vitest fails and its report names none', () => {
    expect(tallyOf({ testResults: [file('passed', 'passed')] }, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
  })

  test('counts a failure when vitest was killed before it could report', () => {
    expect(tallyOf(undefined, null)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })

  test('counts a failure when no test ran', () => {
    expect(tallyOf({ testResults: [] }, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(tallyOf({ testResults: [file('passed', 'pending')] }, 0)).toEqual({ passed: 0, failed: 1, skipped: 1 })
  })
})

describe('tallyLine()', () => {
  test('has the three counts and nothing else', () => {
    expect(tallyLine({ passed: 12, failed: 0, skipped: 3 })).toBe('12 passed, 0 failed, 3 skipped')
  })
})
