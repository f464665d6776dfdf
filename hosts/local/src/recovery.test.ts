import { WonderError } from '@wonder/errors'
import { expect, test } from 'vitest'
import { Recovery, type RecoveryParts } from './recovery.ts'
import { taggedWithEnvironment } from './run-environment.ts'

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, place) => `${prefix}${place}`)

/** Runs by id: what becomes of one that is taken up. */
function recoveryOf(
  runs: readonly string[],
  {
    foreign = [],
    fails = () => null,
  }: {
    readonly foreign?: readonly string[]
    readonly fails?: (run: string) => Error | null
  } = {},
) {
  const owned = new Set<string>()
  const recovered: string[] = []
  const parts: RecoveryParts = {
    ownership: { sweep: async () => undefined },
    owners: {
      orphans: async (limit) => [...foreign, ...runs].filter((run) => !owned.has(run)).slice(0, limit),
      claim: async (run) => {
        owned.add(run)
        return true
      },
      release: async (run) => {
        owned.delete(run)
      },
    },
    index: {
      get: async (id) => ({
        id,
        workflow: 'w',
        project: 'p',
        status: 'running',
        parent: null,
        created: 1,
        updated: 1,
        ended: null,
        tags: taggedWithEnvironment([], foreign.includes(id) ? 'other' : undefined),
      }),
    },
    projects: { environment: undefined },
    coordinator: {
      command: async (run) => {
        const error = fails(run)
        if (error !== null) throw error
        recovered.push(run)
        return { status: 'applied' }
      },
    },
  }
  return { recovery: new Recovery(parts), recovered, owned }
}

test('all() takes up each run once, in the order of the orphans', async () => {
  const runs = names('r', 1_500)
  const { recovery, recovered } = recoveryOf(runs)

  expect(await recovery.all()).toEqual({ runs: 1_500, failed: [] })
  expect(recovered).toEqual(runs)
})

test('all() reaches its runs behind many of another environment', async () => {
  const { recovery, recovered } = recoveryOf(['mine'], { foreign: names('other', 300) })

  expect(await recovery.all()).toEqual({ runs: 1, failed: [] })
  expect(recovered).toEqual(['mine'])
})

test('all() tells a run that cannot be taken up once, lets go of it, and goes on', async () => {
  const error = new WonderError('store_unavailable', 'gone')
  const { recovery, recovered, owned } = recoveryOf(['a', 'b', 'c'], { fails: (run) => (run === 'b' ? error : null) })

  expect(await recovery.all()).toEqual({ runs: 2, failed: [{ run: 'b', error }] })
  expect(recovered).toEqual(['a', 'c'])
  expect(owned.has('b')).toBe(false)
})
