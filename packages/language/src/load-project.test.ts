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
