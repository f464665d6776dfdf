import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { projectName, writeProject } from './write-project.ts'

test.each([
  ['/home/me/shop', 'shop'],
  ['/home/me/My Shop-2', 'my_shop_2'],
  ['/home/me/2024 reports', 'reports'],
  ['/home/me/-', 'my_project'],
  ['/', 'my_project'],
])('A project in %s is named %s', (folder, name) => {
  expect(projectName(folder)).toBe(name)
})

test('A folder with other files takes a project; one with a file of the project takes nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wonder-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'README.md'), 'mine')

  const first = await writeProject(folder)
  const before = await readdir(folder, { recursive: true })
  const second = await writeProject(folder)

  expect(first.status).toBe('written')
  expect(second).toMatchObject({ status: 'exists', files: first.files })
  expect(await readdir(folder, { recursive: true })).toEqual(before)
  expect(before).toContain('.gitignore')
})
