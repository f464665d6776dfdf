import { execFile } from 'node:child_process'
import { readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder, wonder, wonderJson, writeFiles } from '../src/index.ts'

const run = promisify(execFile)
const bin = join(import.meta.dirname, '..', '..', '..', 'cli', 'bin', 'wonder')

test('wonder, linked from anywhere, makes a project that validates and runs outside of the clone', async () => {
  await using folder = await temporaryFolder()
  await symlink(bin, join(folder.path, 'linked'))
  await symlink('linked', join(folder.path, 'wonder'))
  const linked = (cwd: string, ...args: readonly string[]) => run(join(folder.path, 'wonder'), args, { cwd })

  await linked(folder.path, 'init', 'own')
  const own = join(folder.path, 'own')
  const validated = await linked(own, 'validate')
  const ran = await linked(own, 'run', 'hello', 'name=Ada', '--json')

  expect(validated.stdout).toContain('own: no mistakes (1 workflow')
  expect(validated.stderr).toBe('')
  expect(JSON.parse(ran.stdout)).toMatchObject({
    status: 'completed',
    output: {
      greetings: [{ text: 'Hello, Ada!' }, { text: 'Hallo, Ada!' }, { text: 'Bonjour, Ada!' }],
      card: 'card.md',
    },
  })
  expect(await readdir(own)).not.toContain('node_modules')
})

test('init refuses to overwrite a file, names it, and writes nothing', async () => {
  await using folder = await temporaryFolder()
  await writeFiles(folder.path, { 'workflows/hello.yaml': 'mine' })

  const refused = await wonder(folder.path, 'init')

  expect(refused.code).toBe(8)
  expect(refused.stderr).toContain('workflows/hello.yaml')
  expect(await readdir(folder.path)).toEqual(['workflows'])
  expect(await readFile(join(folder.path, 'workflows', 'hello.yaml'), 'utf8')).toBe('mine')
})

test('a command outside of a project says how to make one', async () => {
  await using folder = await temporaryFolder()
  const failed = await wonderJson<{ error: { code: string; details: { hint: string } } }>(folder.path, 'run', 'hello')
  expect(failed.error).toMatchObject({
    code: 'project_not_found',
    details: { hint: expect.stringContaining('wonder init') },
  })
})
