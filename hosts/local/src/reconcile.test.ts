import { temporaryFolder, until } from '@wonder/test'
import { expect, test } from 'vitest'
import { openLocalHost } from './local-host.ts'

test('a process that stays releases by itself what runs hold that are not there', async () => {
  await using folder = await temporaryFolder()
  const reader = await openLocalHost({ project: folder.path, role: 'read' })
  const holder = { run: '01JZZZZZZZZZZZZZZZZZZZZZZZ', request: '1.1:1.2' }
  await reader.limits.acquire({ key: 'deploy', holder, limit: 1, whenFull: 'queue' })
  const amounts = { tokens: 40 }
  await reader.limits.reserve({ project: 'demo', holder, amounts, limits: { tokens: 50 }, wait: true })
  await reader.close()

  const host = await openLocalHost({ project: folder.path, role: 'start' })
  try {
    await until('nothing to be held', async () => (await host.limits.permits()).length === 0)
    await until('nothing to be reserved', async () => (await host.limits.budget('demo'))?.holders.length === 0)
    // Nobody says what it has used: as much as it might have.
    expect(await host.limits.budget('demo')).toMatchObject({ used: { tokens: 40 } })
  } finally {
    await host.close()
  }
})
