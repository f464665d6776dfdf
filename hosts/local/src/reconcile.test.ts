import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLocalHost } from './local-host.ts'

test('a process that stays releases by itself what runs hold that are not there', async () => {
  const project = await mkdtemp(join(tmpdir(), 'wonder-reconcile-'))
  const reader = await openLocalHost({ project, role: 'read' })
  const holder = { run: '01JZZZZZZZZZZZZZZZZZZZZZZZ', request: '1.1:1.2' }
  await reader.limits.acquire({ key: 'deploy', holder, limit: 1, whenFull: 'queue' })
  const amounts = { tokens: 40 }
  await reader.limits.reserve({ project: 'demo', holder, amounts, limits: { tokens: 50 }, wait: true })
  await reader.close()

  const host = await openLocalHost({ project, role: 'start' })
  try {
    await expect.poll(() => host.limits.permits(), { timeout: 20_000 }).toEqual([])
    await expect.poll(() => host.limits.budget('demo'), { timeout: 20_000 }).toMatchObject({ holders: [] })
    // Nobody says what it has used: as much as it might have.
    expect(await host.limits.budget('demo')).toMatchObject({ used: { tokens: 40 } })
  } finally {
    await host.close()
    await rm(project, { recursive: true, force: true })
  }
})
