import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadProject, type ProjectSource } from '@wonder/language'
import { timeOf } from './command.ts'
import { figureOf } from './figure.ts'
import type { Workload } from './workload.ts'

/** A large project: every workflow is read, checked and compiled. */
export const validation: Workload = {
  name: 'validation',
  title: 'checking 1,000 workflow files',
  async run({ folder, rounds, quick, progress }) {
    const files = quick ? 100 : 1_000
    await writeFile(join(folder, 'wonder.yaml'), 'wonder: 1\nname: bench\nversion: 0.1.0\n')
    await mkdir(join(folder, 'workflows'))
    for (let file = 0; file < files; file++) {
      await writeFile(join(folder, 'workflows', `w${file}.yaml`), workflowText(file))
    }
    const cold: { readonly value: number }[] = []
    const warm: { readonly value: number }[] = []
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}: ${files} files`)
      cold.push({ value: await timeOf(['validate'], { folder }) })
      const begin = performance.now()
      const loaded = await loadProject(source(folder))
      warm.push({ value: performance.now() - begin })
      if (!loaded.ok) throw new Error(`the files are wrong: ${loaded.diagnostics[0]?.message}`)
    }
    const about = { workload: 'validation', unit: 'ms', budget: { of: 'value', most: 2_000 } } as const
    return [
      figureOf({ ...about, metric: `\`wonder validate\` of ${files} files, whole process`, rounds: cold }),
      figureOf({ ...about, metric: `the same in a process that has done it before`, rounds: warm }),
    ]
  },
}

function workflowText(file: number): string {
  return `id: w${file}
description: Looks at number ${file}.
input:
  name: string = "world"
  items: string[] = ["a", "b"]
  limit: integer = ${file}
tasks:
  - id: lines
    shell: printf '%s' {{ input.name }}
    parse: lines
  - id: each
    each: { in: "{{ input.items }}", as: item, max_workers: 4 }
    do:
      - id: one
        render: "{{ item }} of {{ input.name }}"
  - id: note
    if: input.limit > 10
    render: "{{ tasks.lines.output.exit_code }}"
outputs:
  texts: "{{ tasks.each.output }}"
`
}

function source(folder: string): ProjectSource {
  return {
    read: (path) => readFile(join(folder, path), 'utf8').catch(() => null),
    // The benchmark's project has files in one folder only.
    find: async (patterns) => {
      if (!patterns.some((pattern) => pattern.startsWith('workflows/'))) return []
      return (await readdir(join(folder, 'workflows'))).sort().map((file) => `workflows/${file}`)
    },
    tool: () => Promise.reject(new Error('the project has no tools')),
  }
}
