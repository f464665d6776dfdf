import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { projectFolder } from './open-host.ts'

test('The project is the nearest folder with wonder.yaml, at or above the present one', () => {
  const { root, below } = project()

  expect(projectFolder(undefined, root)).toBe(root)
  expect(projectFolder(undefined, below)).toBe(root)
})

test('A folder that is named must be the project itself', () => {
  const { root, below } = project()

  expect(projectFolder('..', below)).toBe(root)
  expect(() => projectFolder('.', below)).toThrow(expect.objectContaining({ code: 'project_not_found' }))
})

function project(): { readonly root: string; readonly below: string } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'wonder-')))
  onTestFinished(() => rmSync(root, { recursive: true }))
  writeFileSync(join(root, 'wonder.yaml'), 'wonder: 1\n')
  const below = join(root, 'tools')
  mkdirSync(below)
  return { root, below }
}
