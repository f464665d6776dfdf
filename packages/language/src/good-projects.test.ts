import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compilePlan, validateDefinition } from '@wonder/engine'
import { describe, expect, test } from 'vitest'
import { folderSource } from '../fixtures/folder-source.ts'
import { formatDiagnostic } from './format-diagnostic.ts'
import { loadProject } from './load-project.ts'

const folder = fileURLToPath(new URL('../fixtures/good/', import.meta.url))

describe('loadProject() takes', () => {
  test.each(readdirSync(folder))('%s, and the kernel takes what it compiles to', async (name) => {
    const loaded = await loadProject(folderSource(`${folder}${name}`))

    expect(loaded.ok ? '' : loaded.diagnostics.map((each) => formatDiagnostic(each)).join('\n')).toBe('')
    if (!loaded.ok) return
    for (const { definition } of loaded.project.workflows.values()) {
      validateDefinition(definition)
      expect(compilePlan(definition, 'sha256:test').nodes.length).toBe(definition.nodes.length)
    }
  })

  test('the example of the language page, and warns of what has no effect yet', async () => {
    const loaded = await loadProject(folderSource(`${folder}example`))

    expect(loaded.ok && loaded.project.warnings.map(({ code, file, line }) => `${file}:${line} ${code}`)).toEqual([
      'wonder.yaml:14 not_available_yet',
      'workflows/health.yaml:48 not_available_yet',
    ])
    expect(loaded.ok && loaded.project.workflows.get('health')?.bundles.map(({ digest }) => digest)).toEqual([
      'sha256:tools/inspect_file.ts',
      'sha256:tools/list_files.ts',
      'sha256:tools/rank_hot_spots.ts',
    ])
  })
})
