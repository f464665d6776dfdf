import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogStore } from '@wonder/platform'
import { logStoreConformance } from '@wonder/platform/conformance'
import { expect, test } from 'vitest'
import { openSqliteLogStore } from './index.ts'

logStoreConformance({
  name: 'SQLite',
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sqlite-logs-'))
    const opened: LogStore[] = []
    const open = () => {
      const logs = openSqliteLogStore({ file: join(folder, 'logs.db') })
      opened.push(logs)
      return logs
    }
    return {
      logs: open(),
      reopen: async () => open(),
      end: async () => {
        for (const logs of opened) await logs.close()
        rmSync(folder, { recursive: true })
      },
    }
  },
})

const line = {
  run: 'r',
  node: null,
  token: null,
  attempt: 1,
  time: 1,
  level: 'info',
  stream: 'log',
  text: 'x',
} as const

test('G1 write() to a damaged file fails nobody; flush() tells why lines were lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sqlite-logs-'))
  const file = join(folder, 'logs.db')
  writeFileSync(file, 'not a database '.repeat(1_000))
  const logs = openSqliteLogStore({ file })

  logs.write([line])
  await expect(logs.flush()).rejects.toMatchObject({ code: 'store_corrupt' })
  logs.write([line])

  await logs.close()
  rmSync(folder, { recursive: true })
})

test('two processes write to one file of logs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sqlite-logs-'))
  const both = [1, 2].map(() => openSqliteLogStore({ file: join(folder, 'logs.db') }))

  for (let round = 0; round < 50; round++) for (const logs of both) logs.write([line, line])
  for (const logs of both) await logs.flush()

  expect(await both[0]?.query({ run: 'r' })).toHaveLength(200)
  for (const logs of both) await logs.close()
  rmSync(folder, { recursive: true })
})
