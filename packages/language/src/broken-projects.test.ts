import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { folderSource } from '../fixtures/folder-source.ts'
import { formatDiagnostic } from './format-diagnostic.ts'
import { loadProject } from './load-project.ts'

const folder = fileURLToPath(new URL('../fixtures/broken/', import.meta.url))

/** `UPDATE_EXPECTED=1` writes what is said now; read it before you keep it. */
const update = process.env.UPDATE_EXPECTED === '1'

describe('loadProject() tells what is wrong with', () => {
  test.each(readdirSync(folder))('%s', async (name) => {
    const expected = `${folder}${name}/expected.txt`

    const loaded = await loadProject(folderSource(`${folder}${name}`))

    const told = loaded.ok ? 'nothing' : loaded.diagnostics.map((each) => formatDiagnostic(each)).join('\n\n')
    if (update) writeFileSync(expected, `${told}\n`)
    expect(existsSync(expected) ? readFileSync(expected, 'utf8') : 'no expected.txt').toBe(`${told}\n`)
  })
})
