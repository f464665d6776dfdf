import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { closureDigest } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { BuiltDocument, ToolDescription } from '@wonder/platform'
import { type Document, sitesOf, workflow } from '@wonder/sdk'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { buildDocument, builtKinds } from '../fixtures/build-document.ts'
import { hello } from '../fixtures/built/hello.ts'
import { repoHealth } from '../fixtures/built/repo-health.ts'
import { documentedFiles } from '../fixtures/documented-workflows.ts'
import { memorySource } from '../fixtures/memory-source.ts'
import { formatDiagnostic } from './format-diagnostic.ts'
import { loadProject } from './load-project.ts'
import type { CompiledWorkflow, ProjectSource } from './project.ts'
import { kinds } from './shapes/task-shape.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The files of a project; its tools are asked in this process. */
async function projectIn(folder: string): Promise<ProjectSource> {
  const paths = globSync('**/*.{yaml,hbs,ts}', { cwd: join(root, folder) }).filter((path) => !path.startsWith('.'))
  const texts = paths.map((path) => [path, readFileSync(join(root, folder, path), 'utf8')] as const)
  const files = Object.fromEntries(texts.map(([path, text]) => [path, text.replace('__NAME__', 'made')]))
  const source = memorySource(files)
  const tool = async (path: string) => {
    if (/^export default \{\s*"/.test(files[path] ?? '')) return source.tool(path)
    const module = (await import(pathToFileURL(join(root, folder, path)).href)) as { default?: ToolDescription }
    if (module.default === undefined) throw new WonderError('tool_invalid', `${path} is no tool`)
    const { description, input, output, permissions } = module.default
    return { digest: `sha256:${path}`, code: '', description: { description, input, output, permissions } }
  }
  return { ...source, tool }
}

async function compiled(source: ProjectSource): Promise<ReadonlyMap<string, CompiledWorkflow>> {
  const loaded = await loadProject(source)
  if (!loaded.ok) throw new Error(loaded.diagnostics.map((each) => formatDiagnostic(each)).join('\n'))
  return loaded.project.workflows
}

/** Does it say what is promised and not built? Then there is no definition to compare, only the document. */
async function isAhead(source: ProjectSource): Promise<boolean> {
  const loaded = await loadProject(source)
  return (
    !loaded.ok &&
    loaded.diagnostics.every(({ severity, code }) => severity === 'warning' || code === 'not_available_yet')
  )
}

/** The same project, with one workflow built instead of written as YAML. */
function withBuilt(source: ProjectSource, yaml: string, built: BuiltDocument, text = ''): ProjectSource {
  const path = yaml.replace(/\.yaml$/, '.ts')
  return {
    ...source,
    read: async (file) => (file === path ? text : source.read(file)),
    find: async (patterns) => (await source.find(patterns)).map((file) => (file === yaml ? path : file)),
    document: async () => built,
  }
}

const projects = [
  'packages/language/fixtures/good/*',
  'packages/language/fixtures/compozy/*/expected',
  'examples/*',
  'cli/templates/init',
].flatMap((pattern) =>
  globSync(`${pattern}/wonder.yaml`, { cwd: root }).map((file) => file.replace(/\/wonder\.yaml$/, '')),
)
const workflows = projects.flatMap((folder) =>
  globSync('workflows/**/*.yaml', { cwd: join(root, folder) }).map((path) => [folder, path] as const),
)

const documented = documentedFiles('waiting-and-people.md')

describe('A built workflow compiles to the definition of its YAML', () => {
  test.each(workflows)('%s/%s', async (folder, path) => {
    const source = await projectIn(folder)
    const written = parse(readFileSync(join(root, folder, path), 'utf8'), { version: '1.2' })
    expect(buildDocument(written)).toEqual(written)
    if (await isAhead(source)) return

    const fromYaml = (await compiled(source)).get(written.id)
    const notes = (fromYaml?.inputs ?? []).map(({ name, description }) => [name, description])

    const document = buildDocument(written, Object.fromEntries(notes))
    const fromBuilt = (await compiled(withBuilt(source, path, { document, places: {} }))).get(written.id)

    expect(fromBuilt?.file).toBe(path.replace(/yaml$/, 'ts'))
    expect(fromBuilt?.definition).toEqual(fromYaml?.definition)
    expect(fromBuilt && closureDigest(fromBuilt.definition)).toBe(fromYaml && closureDigest(fromYaml.definition))
  })

  test.each(Object.entries(documented))('%s of the documentation', async (path, text) => {
    const source = memorySource({ 'wonder.yaml': 'wonder: 1\nname: documented\n', ...documented })
    const written = parse(text, { version: '1.2' })
    const fromYaml = (await compiled(source)).get(written.id)
    const notes = (fromYaml?.inputs ?? []).map(({ name, description }) => [name, description])

    const document = buildDocument(written, Object.fromEntries(notes))
    const fromBuilt = (await compiled(withBuilt(source, path, { document, places: {} }))).get(written.id)

    expect(fromBuilt?.definition).toEqual(fromYaml?.definition)
  })

  test.each([
    ['examples/repo-health', 'workflows/health.yaml', repoHealth],
    ['cli/templates/init', 'workflows/hello.yaml', hello],
  ])('%s/%s, written by hand', async (folder, path, document) => {
    const source = await projectIn(folder)
    const id = String(document.id)

    const fromYaml = (await compiled(source)).get(id)?.definition
    const fromBuilt = (await compiled(withBuilt(source, path, { document, places: {} }))).get(id)?.definition

    expect(fromBuilt).toEqual(fromYaml)
    expect(fromBuilt && closureDigest(fromBuilt)).toBe(fromYaml && closureDigest(fromYaml))
  })

  test('with every word that a task can have', () => {
    const common = {
      name: 'A name',
      if: 'input.go',
      next: 'last',
      on_error: [{ id: 'sorry', collect: {} }],
      timeout: '5s',
      retry: { max_attempts: 2, backoff: 'linear', initial_delay: '1s', max_delay: '2s', jitter: 0.5 },
      interrupted: 'rerun',
      save: 'a.txt',
      artifacts: ['*.txt'],
      budget: { tokens: 5 },
      compensate: [{ id: 'undo', shell: 'x' }],
      concurrency: { key: 'k', limit: 1, when_full: 'queue' },
      cache: { key: 'k', for: '1h' },
      checkpoint: { type: 'decision-needed', summary: 'Half way', role: 'owner' },
    }
    const body = [{ id: 'inner', end: {} }]
    const values: { readonly [kind: string]: unknown } = {
      tool: 'x',
      shell: ['a', 1],
      http: { url: 'https://a.b', method: 'PUT', query: { a: 1 }, headers: {}, body: [1], ok_status: ['2xx', 404] },
      each: { in: [1], as: 'n', filter: 'n > 0', order: 'sequential', batch: 2, max_workers: 3 },
      parallel: body,
      sequence: body,
      route: [{ if: 'true', do: body }, { do: [] }],
      loop: { do: body, until: 'true', max: 3 },
      end: {},
      set: { a: 1 },
      collect: { a: 1 },
      sleep: '5m',
      signal: { name: 's', payload: { a: 1 }, run: 'r' },
    }
    const own: { readonly [kind: string]: object } = {
      each: { do: body, strategy: 'race' },
      wait: { until: 'signal.ok', on_timeout: body, processor: { tool: 'x', with: { a: 1 } } },
      ask: { with: { a: 1 }, answers: { ok: 'boolean' }, role: 'r', expires: '1d', on_expiry: { role: 'r' } },
      workflow: { with: { a: 1 }, detached: true, on_parent_end: 'cancel' },
    }
    const written = {
      id: 'all',
      finally: body,
      on_error: body,
      tasks: Object.keys(kinds).map((kind, index) => ({
        id: `t${index}`,
        [kind]: values[kind] ?? 'text',
        ...own[kind],
        ...common,
      })),
    }

    expect(buildDocument(written)).toEqual(written)
    expect(Object.keys(kinds).filter((kind) => !builtKinds.includes(kind))).toEqual([])
  })
})

describe('A mistake in a built workflow', () => {
  async function told(text: string, document: Document, places: BuiltDocument['places']): Promise<readonly string[]> {
    const source = memorySource({ 'wonder.yaml': 'wonder: 1\nname: p\n', 'workflows/w.ts': text })
    const loaded = await loadProject({ ...source, document: async () => ({ document, places }) })
    return loaded.ok
      ? []
      : loaded.diagnostics.map(({ code, line, column, length }) => `${line}:${column}+${length} ${code}`)
  }

  test('is told at the word in the call that made it, or else at the call', async () => {
    const text = [
      'export default workflow({ id: "w" }, () => ({',
      '  tasks: [',
      "    // an apostrophe in a comment isn't a bracket (",
      '    shell("a", "ls", { timeout: "x)", ...more }),',
      '    render("b", "{{ tasks.c.output }}"),',
      '  ],',
      '}))',
    ].join('\n')
    const document = workflow({
      id: 'w',
      tasks: [
        ...(buildDocument({ id: 'x', tasks: [{ id: 'a', shell: 'ls', timeout: 'x)', retires: 2 }] }).tasks as never[]),
        { id: 'b', render: '{{ tasks.c.output }}' } as never,
      ],
    })
    const places = {
      '': { line: 1, column: 16 },
      '/tasks/0': { line: 4, column: 5 },
      '/tasks/1': { line: 5, column: 5 },
    }

    expect(await told(text, document, places)).toEqual([
      '4:5+1 unknown_field',
      '4:33+4 wrong_type',
      '5:21+7 unknown_task',
    ])
  })

  test('of one task in two places is told as that', async () => {
    const text =
      'const a = shell("a", "ls")\nexport default workflow({ id: "w" }, () => ({ tasks: [a, sequence("s", [a])] }))\n'
    const a = { id: 'a', shell: 'ls' }
    const document = buildDocument({ id: 'w', tasks: [a, { id: 's', sequence: [a] }] })
    const at = { line: 1, column: 11 }
    const places = {
      '': { line: 2, column: 16 },
      '/tasks/0': at,
      '/tasks/1': { line: 2, column: 58 },
      '/tasks/1/sequence/0': at,
    }

    const source = memorySource({ 'wonder.yaml': 'wonder: 1\nname: p\n', 'workflows/w.ts': text })
    const loaded = await loadProject({ ...source, document: async () => ({ document, places }) })

    expect(loaded).toMatchObject({
      diagnostics: [{ code: 'duplicate_id', line: 1, message: 'the task "a" stands in two places' }],
    })
  })

  test('in a list that is written out is told at its item', async () => {
    const text = [
      'export default workflow({ id: "w" }, () => ({',
      '  nodes: [a, b],',
      '  transitions: [',
      '    { from: a, to: b, if: "f(1, [2])" }, // once, and [again',
      '    { from: b, to: a },',
      '  ],',
      '}))',
    ].join('\n')
    const document = buildDocument({
      id: 'w',
      nodes: [
        { id: 'a', shell: 'ls' },
        { id: 'b', shell: 'ls' },
      ],
      transitions: [
        { from: 'a', to: 'b', if: 'true' },
        { from: 'b', to: 'a' },
      ],
    })

    expect(await told(text, document, { '': { line: 1, column: 16 } })).toEqual(['5:20+1 loop_without_limit'])
  })

  test('is told without places too', async () => {
    expect(await told('', workflow({ id: 'w', tasks: [] }), {})).toEqual(['1:1+1 wrong_type'])
    expect(sitesOf({})).toBeUndefined()
  })

  test('is told when nobody can evaluate the file', async () => {
    const source = memorySource({
      'wonder.yaml': 'wonder: 1\nname: p\n',
      'workflows/w.ts': '',
      'workflows/w.test.ts': '',
    })

    expect(await loadProject(source)).toMatchObject({
      diagnostics: [{ code: 'not_available_yet', file: 'workflows/w.ts' }],
    })
  })
})
