import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { compozyFiles, pathsOf } from '../../fixtures/compozy-files.ts'
import { folderSource } from '../../fixtures/folder-source.ts'
import { formatDiagnostic } from '../format-diagnostic.ts'
import { loadProject } from '../load-project.ts'
import type { ProjectSource } from '../project.ts'
import { convertCompozy } from './convert-compozy.ts'

const root = fileURLToPath(new URL('../../fixtures/compozy/', import.meta.url))
const names = readdirSync(root).sort()
const sound = names.filter((name) => !name.startsWith('broken-'))

/** `UPDATE_EXPECTED=1` writes what comes out now; read it before you keep it. */
const update = process.env.UPDATE_EXPECTED === '1'

/** The converted project as it lies in the folder, with its tools imported as what they are. */
function convertedSource(folder: string): ProjectSource {
  return {
    ...folderSource(folder),
    tool: async (path) => {
      const { default: made } = (await import(join(folder, path))) as { default: Record<string, never> }
      const { description, input, output, permissions } = made
      return { digest: `sha256:${path}`, code: '', description: { description, input, output, permissions } } as never
    },
  }
}

describe('convertCompozy() writes exactly the expected files and report for', () => {
  test.each(sound)('%s', async (name) => {
    const expected = join(root, name, 'expected')

    const conversion = await convertCompozy(compozyFiles(join(root, name, 'source')))

    expect(conversion.ok ? [] : conversion.diagnostics.map((each) => formatDiagnostic(each))).toEqual([])
    if (!conversion.ok) return
    if (update) {
      rmSync(expected, { recursive: true, force: true })
      for (const [path, text] of conversion.files) {
        mkdirSync(dirname(join(expected, path)), { recursive: true })
        writeFileSync(join(expected, path), text)
      }
    }
    const written = pathsOf(expected).map((path) => [path, readFileSync(join(expected, path), 'utf8')])
    expect(Object.fromEntries(conversion.files)).toEqual(Object.fromEntries(written))
  })
})

describe('A converted project has no mistakes but what is not available yet:', () => {
  test.each(sound)('%s', async (name) => {
    const loaded = await loadProject(convertedSource(join(root, name, 'expected')))

    const said = loaded.ok ? [] : loaded.diagnostics
    const errors = said.filter(({ severity, code }) => severity === 'error' && code !== 'not_available_yet')
    expect(errors.map((each) => formatDiagnostic(each)).join('\n\n')).toBe('')
    const run = join(root, name, 'run.json')
    if (!existsSync(run)) return
    const { workflow } = JSON.parse(readFileSync(run, 'utf8')) as { workflow: string }
    const alone = await loadProject(convertedSource(join(root, name, 'expected')), { workflow })
    expect(alone.ok, 'it is run, so all of it must be available').toBe(true)
  })
})

describe('convertCompozy() tells with file, line and column what is wrong with', () => {
  test.each(names.filter((name) => name.startsWith('broken-')))('%s', async (name) => {
    const expected = join(root, name, 'expected.txt')

    const conversion = await convertCompozy(compozyFiles(join(root, name, 'source')))

    const told = conversion.ok ? 'nothing' : conversion.diagnostics.map((each) => formatDiagnostic(each)).join('\n\n')
    if (update) writeFileSync(expected, `${told}\n`)
    expect(existsSync(expected) ? readFileSync(expected, 'utf8') : 'no expected.txt').toBe(`${told}\n`)
  })
})
