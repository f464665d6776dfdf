import type { RunFilter, RunIndex, RunIndexEntry } from '@wonder/platform'
import { expect, test } from 'vitest'
import { findRun } from './find-run.ts'

const ids = ['01KAH0000000000000000000AA', '01KAH0000000000000000000AB', '01KAJ0000000000000000000AA']

test('`last` is the newest run', async () => {
  expect((await findRun(indexOf(ids), 'last')).id).toBe('01KAJ0000000000000000000AA')
})

test('The unique beginning of an id is enough, in any case', async () => {
  expect((await findRun(indexOf(ids), '01kaj')).id).toBe('01KAJ0000000000000000000AA')
})

test.each([
  ['01KAH', 'run_ambiguous'],
  ['02', 'run_not_found'],
])('%s is the error %s', async (word, code) => {
  await expect(findRun(indexOf(ids), word)).rejects.toMatchObject({ code })
})

test('`last` of a project without runs is run_not_found', async () => {
  await expect(findRun(indexOf([]), 'last')).rejects.toMatchObject({ code: 'run_not_found' })
})

function indexOf(known: readonly string[]): RunIndex {
  const entries = known.map(entry)
  return {
    get: async (id) => entries.find((candidate) => candidate.id === id) ?? null,
    list: async ({ limit = 50 }: RunFilter) => entries.toReversed().slice(0, limit),
    find: async (prefix) => known.filter((id) => id.startsWith(prefix)).slice(0, 2),
  }
}

function entry(id: string): RunIndexEntry {
  return {
    id,
    workflow: 'w',
    project: 'p',
    status: 'completed',
    parent: null,
    created: 0,
    updated: 0,
    ended: 0,
    tags: [],
  }
}
