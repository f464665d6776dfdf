import { positionAt, SourceError } from '@wonder/errors'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../fixtures/memory-source.ts'
import { formatDiagnostic } from './format-diagnostic.ts'
import { loadProject } from './load-project.ts'

const project = 'wonder: 1\nname: demo\nversion: 0.1.0\n'

async function compile(workflow: string, files: { [path: string]: string } = {}) {
  const loaded = await loadProject(memorySource({ 'wonder.yaml': project, 'workflows/w.yaml': workflow, ...files }))
  if (!loaded.ok) throw new Error(loaded.diagnostics.map((each) => formatDiagnostic(each)).join('\n'))
  const compiled = loaded.project.workflows.get('w')
  if (compiled === undefined) throw new Error('workflow "w" is missing')
  return compiled
}

describe('loadProject()', () => {
  test('compiles a list of tasks to nodes in their order', async () => {
    const workflow = `
id: w
input:
  who: string = "world"   # whom to greet
state: { count: integer = 0 }
tasks:
  - id: greet
    shell: [echo, "hello {{ input.who }}", 1]
  - id: count
    set: { count: "{{= state.count + 1 }}" }
  - id: page
    render: "{{ tasks.greet.output.stdout }} and {{ input.who }}"
    save: page.txt
outputs:
  text: "{{ tasks.page.output.text }}"
`

    const { definition, inputs } = await compile(workflow)

    expect(inputs).toEqual([
      {
        name: 'who',
        schema: { type: 'string', default: 'world', description: 'whom to greet' },
        required: false,
        description: 'whom to greet',
        type: 'string',
        default: 'world',
      },
    ])
    expect(definition.start).toBe('greet')
    expect(definition.nodes).toEqual([
      {
        ref: 'greet',
        does: {
          kind: 'task',
          task: 'greet',
          input: {
            map: {
              command: { list: [{ lit: 'echo' }, { text: 'hello {{ input.who }}', sink: 'none' }, { lit: '1' }] },
            },
          },
        },
      },
      { ref: 'count', does: { kind: 'set', values: [{ path: ['count'], value: { cel: 'state.count + 1' } }] } },
      {
        ref: 'page',
        does: {
          kind: 'task',
          task: 'page',
          input: {
            map: {
              text: { lit: '{{ tasks.greet.output.stdout }} and {{ input.who }}' },
              data: {
                map: {
                  tasks: {
                    map: {
                      greet: { map: { output: { map: { stdout: { path: ['tasks', 'greet', 'output', 'stdout'] } } } } },
                    },
                  },
                  input: { map: { who: { path: ['input', 'who'] } } },
                },
              },
              escape: { lit: 'none' },
            },
          },
          save: { lit: 'page.txt' },
        },
      },
    ])
    expect(definition.transitions).toEqual([
      { ref: 'greet>count', from: 'greet', to: 'count' },
      { ref: 'count>page', from: 'count', to: 'page' },
    ])
    expect(definition.tasks.greet).toMatchObject({
      timeout: 600_000,
      interrupted: 'ask',
      retry: { max_attempts: 1 },
    })
    expect(definition.outputs).toEqual({ map: { text: { path: ['tasks', 'page', 'output', 'text'] } } })
  })
})

describe('loadProject() compiles', () => {
  test('a shell text as a script whose values are arguments', async () => {
    const { definition } = await compile(
      'id: w\ninput: { x: string }\ntasks:\n  - id: a\n    shell: |\n      echo {{ input.x }}\n    cwd: sub\n    env: { N: 5, X: "{{ input.x }}" }\n    parse: lines\n    ok_exit_codes: [0, 1]\n    timeout: 5s\n    retry: { max_attempts: 3, backoff: none }\n    interrupted: rerun\n    artifacts: [out/*.txt]\n',
    )

    expect(definition.nodes[0]?.does).toMatchObject({
      input: {
        map: {
          script: { text: 'echo {{ input.x }}\n', sink: 'shell' },
          cwd: { lit: 'sub' },
          env: { map: { N: { lit: '5' }, X: { path: ['input', 'x'] } } },
          parse: { lit: 'lines' },
          ok_exit_codes: { lit: [0, 1] },
        },
      },
    })
    expect(definition.tasks.a).toEqual({
      steps: [{ ref: 'shell', action: 'shell', on_failure: 'abort' }],
      timeout: 5_000,
      retry: { max_attempts: 3, backoff: 'none', initial_delay: 1_000, max_delay: 30_000, jitter: 0 },
      interrupted: 'rerun',
      artifacts: ['out/*.txt'],
    })
  })

  test('an http request; only GET and HEAD are repeated unasked', async () => {
    const { definition } = await compile(
      'id: w\ninput: { q: string }\ntasks:\n  - { id: a, http: { url: "https://x.org/{{ input.q }}", headers: { accept: text/html } } }\n  - { id: b, http: { url: "{{ input.q }}", method: post, body: { n: 1 }, max_bytes: 2MB, ok_status: [2xx, 404] } }',
    )

    expect(definition.nodes.map(({ does }) => ('input' in does ? does.input : does))).toEqual([
      { map: { url: { text: 'https://x.org/{{ input.q }}', sink: 'url' }, headers: { lit: { accept: 'text/html' } } } },
      {
        map: {
          url: { path: ['input', 'q'] },
          method: { lit: 'POST' },
          body: { lit: { n: 1 } },
          ok_status: { lit: ['2xx', 404] },
          max_bytes: { lit: 2_000_000 },
        },
      },
    ])
    expect([definition.tasks.a?.interrupted, definition.tasks.b?.interrupted]).toEqual(['rerun', 'ask'])
  })

  test('a template file, whose HTML is escaped, with the values that it reads and no others', async () => {
    const { definition } = await compile(
      'id: w\ninput: { a: string, b: string }\ntasks: [{ id: p, render: page.html.hbs, with: { n: 1 } }]',
      {
        'page.html.hbs': '<b>{{ input.a }}</b>{{ n }}',
      },
    )
    const [digest = ''] = Object.keys(definition.texts)

    expect(definition.texts).toEqual({ [digest]: { file: 'page.html.hbs', text: '<b>{{ input.a }}</b>{{ n }}' } })
    expect(definition.nodes[0]?.does).toMatchObject({
      input: {
        map: {
          template: { lit: digest },
          data: { map: { input: { map: { a: { path: ['input', 'a'] } } }, n: { lit: 1 } } },
          escape: { lit: 'html' },
        },
      },
    })
  })

  test('a reusable task to steps in a scope of their own', async () => {
    const { definition } = await compile(
      'id: w\ntasks: [{ id: l, use: lint, with: { path: src }, retry: { max_attempts: 2 } }]',
      {
        'tasks/lint.yaml': `id: lint
timeout: 2m
input: { path: path, strict: boolean = false }
output: { count: integer }
steps:
  - { id: run, shell: [lint, "{{ input.path }}"], timeout: 30s, on_failure: continue }
  - { id: note, if: steps.run.status == "completed", set: { seen: "{{ run.attempt_key }}" } }
outputs: { count: "{{= size(steps.run.output.stdout) }}" }`,
      },
    )

    expect(definition.nodes).toEqual([{ ref: 'l', does: { kind: 'task', task: 'l', input: { lit: { path: 'src' } } } }])
    expect(definition.tasks.l).toMatchObject({
      steps: [
        {
          ref: 'run',
          action: 'shell',
          config: { map: { command: { list: [{ lit: 'lint' }, { text: '{{ input.path }}', sink: 'none' }] } } },
          timeout: 30_000,
          on_failure: 'continue',
        },
        {
          ref: 'note',
          action: 'set',
          if: 'steps.run.status == "completed"',
          config: { map: { values: { map: { seen: { path: ['run', 'attempt_key'] } } } } },
          on_failure: 'abort',
        },
      ],
      result: { map: { count: { cel: 'size(steps.run.output.stdout)' } } },
      output: { properties: { count: { type: 'integer' } } },
      timeout: 120_000,
      retry: { max_attempts: 2 },
      interrupted: 'ask',
    })
  })

  test('a reusable task that is named by its id as one that is named by its file', async () => {
    const files = { 'tasks/lint.yaml': 'id: lint_all\ninput: { path: path }\nsteps: [{ id: run, shell: [lint] }]' }
    const using = (name: string) =>
      compile(`id: w\ntasks: [{ id: l, use: ${name}, with: { path: src } }]`, files).then(
        ({ definition }) => definition,
      )

    const byId = await using('lint_all')

    expect(byId.tasks.l?.steps).toHaveLength(1)
    expect(await using('tasks/lint.yaml')).toEqual(byId)
  })

  test('names of secrets and of env values that are read, never a secret itself', async () => {
    const { definition } = await compile(
      'id: w\nenv: { A: x }\ntasks: [{ id: a, shell: [curl, "-H", "auth: {{ secrets.TOKEN }}", "{{ env.A }}"], env: { T: "{{ secrets.MAYBE }}" } }]',
      { 'wonder.yaml': 'wonder: 1\nname: demo\nsecrets: [TOKEN, MAYBE?, UNUSED]\nenv: { B: y }\n' },
    )

    expect(definition).toMatchObject({
      env: ['A'],
      secrets: [
        { name: 'MAYBE', optional: true },
        { name: 'TOKEN', optional: false },
      ],
    })
    expect(definition.nodes[0]?.does).toMatchObject({
      input: { map: { env: { map: { T: { path: ['secrets', 'MAYBE'] } } } } },
    })
  })

  test('defaults of the project, then of the workflow, then of the task', async () => {
    const { definition } = await compile(
      'id: w\ndefaults: { retry: { max_attempts: 5 } }\ntasks: [{ id: a, render: x, retry: { initial_delay: 5s } }]',
      {
        'wonder.yaml':
          'wonder: 1\nname: demo\ndefaults: { timeout: 7s, retry: { max_attempts: 2, backoff: linear } }\n',
      },
    )

    expect(definition.tasks.a).toMatchObject({
      timeout: 7_000,
      retry: { max_attempts: 5, backoff: 'linear', initial_delay: 5_000 },
    })
  })
})

describe('loadProject() with an environment', () => {
  const files = {
    'wonder.yaml':
      'wonder: 1\nname: demo\nenv: { A: a, B: b }\nsettings: { network: { allow: [x.org] } }\nenvironments:\n  production: { env: { B: prod }, env_file: .env.production, settings: { network: { allow: [y.org] } } }\n',
    'workflows/w.yaml': 'id: w\ntasks: [{ id: a, render: x }]',
    'workflows/v.yaml': 'id: v\ntasks: [{ id: a, tool: nothing }]',
  }

  test('merges it deeply over the rest', async () => {
    const loaded = await loadProject(memorySource(files), { environment: 'production', workflow: 'w' })

    expect(loaded).toMatchObject({
      ok: true,
      project: {
        env: { A: 'a', B: 'prod' },
        envFile: '.env.production',
        settings: { network: { allow: ['y.org'] } },
        environments: ['production'],
      },
    })
  })

  test('compiles only the workflow that is asked for', async () => {
    const one = await loadProject(memorySource(files), { workflow: 'w' })
    const everything = await loadProject(memorySource(files))

    expect(one.ok && [...one.project.workflows.keys()]).toEqual(['w'])
    expect(everything).toMatchObject({ ok: false, diagnostics: [{ code: 'unknown_tool', file: 'workflows/v.yaml' }] })
  })

  test.each([
    [{ environment: 'producton' }, 'unknown_environment', 'Did you mean "production"?'],
    [{ workflow: 'helth' }, 'unknown_workflow', 'Did you mean "health"?'],
    [{ workflow: 'nothing' }, 'unknown_workflow', 'It has health.'],
  ])('tells of a name that it does not have: %j', async (options, code, help) => {
    const source = memorySource({
      'wonder.yaml': files['wonder.yaml'],
      'workflows/health.yaml': 'id: health\ntasks: [{ id: a, render: x }]',
    })

    expect(await loadProject(source, options)).toMatchObject({ ok: false, diagnostics: [{ code, help }] })
  })
})

describe('loadProject() describes tools', () => {
  test('and only warns of a file beside them that is none, when nothing uses it', async () => {
    const files = {
      'wonder.yaml': project,
      'workflows/w.yaml': 'id: w\ntasks: [{ id: a, render: x }]',
      'tools/helper.ts': '',
    }
    const source = {
      ...memorySource(files),
      tool: async () => {
        throw new SourceError('tool_invalid', 'it has no default export', positionAt('', 0))
      },
    }

    const unused = await loadProject(source)
    const used = await loadProject({
      ...source,
      read: async (path) =>
        path === 'workflows/w.yaml' ? 'id: w\ntasks: [{ id: a, tool: helper }]' : source.read(path),
    })

    expect(unused).toMatchObject({
      ok: true,
      project: { warnings: [{ code: 'tool_invalid', file: 'tools/helper.ts' }] },
    })
    expect(used).toMatchObject({ ok: false, diagnostics: [{ code: 'tool_invalid', severity: 'error' }] })
  })
})

test('how long ended runs are kept is read from the settings', async () => {
  const kept = async (retention: string) => {
    const yaml = `wonder: 1\nname: demo\nsettings: { retention: ${retention} }\n`
    const loaded = await loadProject(memorySource({ 'wonder.yaml': yaml }))
    return loaded.ok ? loaded.project.settings.retention : loaded.diagnostics.map(({ code }) => code)
  }

  expect(await kept('{ keep_for: 30d, keep: 1000 }')).toEqual({ keepFor: 2_592_000_000, keep: 1_000 })
  expect(await kept('{}')).toEqual({})
  expect(await kept('{ keep_for: 30 days }')).toHaveLength(1)
  expect(await kept('{ keep: -1 }')).toHaveLength(1)
  expect(await kept('{ days: 3 }')).toHaveLength(1)
})
