import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testProject, wonderJson } from '../src/index.ts'

test('the example of docs/reuse.md does what the page says', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/reuse.md'), 'utf8')
  const [, path = '', text = ''] = /^```yaml\n# (\S+)\n([\s\S]*?)^```$/m.exec(page) ?? []
  await using project = await testProject({ [path]: text })
  const run = (...args: readonly string[]) => wonderJson(project.path, 'run', 'report', ...args)
  const effects = async () => (await readFile(join(project.path, 'effects.txt'), 'utf8')).trim().split('\n')

  expect(await run()).toMatchObject({ tasks_completed: { ran: 2, reused: 0 } })
  expect(await run('--reuse', 'last')).toMatchObject({
    output: { text: 'Report: facts about tea\n\n' },
    tasks_completed: { ran: 0, reused: 2 },
  })
  expect(await effects()).toEqual(['gather', 'write'])
  expect(await run('topic=coffee', '--reuse', 'last')).toMatchObject({ tasks_completed: { ran: 2, reused: 0 } })
  // Without --reuse what is kept still counts.
  expect(await run()).toMatchObject({ tasks_completed: { ran: 1, reused: 1 } })
  expect(await effects()).toEqual(['gather', 'write', 'gather', 'write', 'write'])
}, 60_000)
