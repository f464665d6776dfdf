import { compilePlan, validateDefinition } from '@wonder/engine'
import { describe, expect, test } from 'vitest'
import { documentedFiles } from '../fixtures/documented-workflows.ts'
import { memorySource } from '../fixtures/memory-source.ts'
import { formatDiagnostic } from './format-diagnostic.ts'
import { loadProject } from './load-project.ts'
import { waitingKinds } from './shapes/waiting-shapes.ts'

const files = documentedFiles('waiting-and-people.md')
const project = { 'wonder.yaml': 'wonder: 1\nname: documented\nversion: 0.1.0\n' }

describe('docs/waiting-and-people.md', () => {
  test('shows one project without a mistake or a warning, which the kernel takes', async () => {
    const loaded = await loadProject(memorySource({ ...project, ...files }))

    const said = loaded.ok ? loaded.project.warnings : loaded.diagnostics
    expect(said.map((each) => formatDiagnostic(each)).join('\n')).toBe('')
    expect(loaded.ok && loaded.project.workflows.size).toBe(Object.keys(files).length)
    for (const { definition } of loaded.ok ? loaded.project.workflows.values() : []) {
      validateDefinition(definition)
      expect(compilePlan(definition, 'sha256:test').nodes.length).toBe(definition.nodes.length)
    }
  })

  test('has an example of every word', () => {
    const text = Object.values(files).join('\n')
    const words = [
      ...Object.entries(waitingKinds).flatMap(([kind, { fields }]) => [kind, ...Object.keys(fields)]),
      'compensate checkpoint concurrency budget cache only|except nesting checkpoints on_error:.block proceed'.split(
        ' ',
      ),
    ].flat()

    expect(words.filter((word) => !new RegExp(`\\b(${word})\\b`).test(text))).toEqual([])
  })
})
