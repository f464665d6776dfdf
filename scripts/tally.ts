/** How many tests ended how. `skipped` is whatever did not run by intention. */
export type Tally = { readonly passed: number; readonly failed: number; readonly skipped: number }

/** What is read of vitest's JSON report. */
export type TestReport = {
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/**
 * Counts what vitest's JSON report says. What did not run because its file, a hook or a worker broke is never lost:
 * a broken file counts as one failure, and so does a bad exit that the report does not explain.
 *
 * @param report undefined when vitest wrote none
 * @param exitCode of vitest; null when a signal ended it
 */
export function tallyOf(report: TestReport | undefined, exitCode: number | null): Tally {
  const tally = { passed: 0, failed: 0, skipped: 0 }
  for (const file of report?.testResults ?? []) {
    const statuses = file.assertionResults.map(({ status }) => status)
    for (const status of statuses) {
      if (status === 'passed') tally.passed += 1
      else if (status === 'failed') tally.failed += 1
      else tally.skipped += 1
    }
    if (file.status === 'failed' && !statuses.includes('failed')) tally.failed += 1
  }
  const unexplained = tally.failed === 0 && (exitCode !== 0 || tally.passed === 0)
  return unexplained ? { ...tally, failed: 1 } : tally
}

/** The last line of `npm test`. */
export function tallyLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
