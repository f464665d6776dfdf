import type { ToolDef } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { Json, ToolCall, ToolRuntime } from '@wonder/platform'
import { describe, expect, it } from 'vitest'
import { type ScenarioOptions, scenario } from '../../test/scenario.ts'

/** A runtime whose tools are functions of the test. */
function runtime(run: (call: ToolCall) => Json | Promise<Json>) {
  const calls: ToolCall[] = []
  const tools: ToolRuntime = {
    bundle: () => Promise.reject(new Error('tools are bundled already')),
    call: async (call) => {
      calls.push(call)
      return run(call)
    },
    close: async () => {},
  }
  return { tools, calls }
}

function tool(
  def: Partial<ToolDef>,
  run: (call: ToolCall) => Json | Promise<Json>,
  options: ScenarioOptions = {},
  allow?: string[],
) {
  const { tools, calls } = runtime(run)
  const inspect: ToolDef = {
    file: 'tools/inspect.ts',
    bundle: 'sha256:b',
    input: {},
    output: {},
    permissions: {},
    ...def,
  }
  const definition = { tools: { inspect }, network: allow === undefined ? {} : { allow } }
  const task = scenario({ steps: [{ action: 'tool' }], tools, ...options, definition })
  return { ...task, calls, call: (input: Json) => task.order({ tool: 'inspect', input }) }
}

describe('tool', () => {
  it('is called with its bundle, its key and the variables that it lists, and its console becomes the log', async () => {
    const env = { REGION: 'eu', OTHER: 'x' }
    const inspect = tool(
      { permissions: { env: ['REGION', 'MISSING'] }, memory: 64 },
      (call) => {
        call.onLog?.({ level: 'debug', text: 'looking' })
        return { ok: true }
      },
      { env },
    )
    expect(await inspect.call({ path: 'a' })).toMatchObject({ status: 'completed', output: { ok: true } })
    expect(inspect.calls[0]).toMatchObject({
      name: 'inspect',
      bundle: { digest: 'sha256:b', code: 'code of sha256:b' },
      input: { path: 'a' },
      idempotencyKey: 'R1/1.0/1/s1',
      env: { REGION: 'eu' },
      cwd: inspect.root,
      memory: 64,
    })
    expect(await inspect.logs.query({ run: 'R1' })).toMatchObject([{ level: 'debug', stream: 'log', text: 'looking' }])
  })

  it('gets its permissions written out and its paths absolute', async () => {
    const permissions = {
      read: ['{{ input.repository }}', 'data'],
      write: ['out/{{ input.name }}.md'],
      net: ['{{ input.host }}:443'],
      run: ['git'],
    }
    const inspect = tool({ permissions }, () => null)
    await inspect.call({ repository: '/srv/repo', name: 'a', host: 'api.example.com' })
    expect(inspect.calls[0]?.permissions).toEqual({
      read: ['/srv/repo', `${inspect.root}/data`],
      write: [`${inspect.root}/out/a.md`],
      net: ['api.example.com:443'],
      run: ['git'],
    })
  })

  it.each([
    [
      'a path that the input leads out of its folder',
      { write: ['out/{{ input.x }}'] },
      '../../etc',
      'tool_permission_invalid',
    ],
    ['a path that is empty', { read: ['{{ input.x }}'] }, '', 'tool_permission_invalid'],
    ['a private host', { net: ['{{ input.x }}'] }, 'localhost:8080', 'http_host_not_allowed'],
    ['an address of the cloud', { net: ['{{ input.x }}'] }, '169.254.169.254', 'http_host_not_allowed'],
    ['an address of version 6', { net: ['{{ input.x }}'] }, '[::1]:80', 'http_host_not_allowed'],
  ])('is refused %s', async (_what, permissions, x, code) => {
    const inspect = tool({ permissions }, () => null)
    expect(await inspect.call({ x })).toMatchObject({ status: 'failed', error: { code } })
    expect(inspect.calls).toEqual([])
  })

  it('reaches only hosts of a list that has any', async () => {
    const permissions = { net: ['{{ input.x }}'] }
    const inspect = tool({ permissions }, () => null, {}, ['api.example.com', 'localhost:9000'])
    expect(await inspect.order({ tool: 'inspect', input: { x: 'localhost:9000' } })).toMatchObject({
      status: 'completed',
    })
    const refused = await inspect.order({ tool: 'inspect', input: { x: 'other.example.com' } }, {}, { dispatch: 2 })
    expect(refused).toMatchObject({ error: { code: 'http_host_not_allowed' } })
  })

  it('has its input checked and filled with defaults, and its output checked', async () => {
    const input = {
      type: 'object',
      required: ['n'],
      properties: { n: { type: 'integer' }, m: { default: 1 } },
    } as const
    const inspect = tool({ input, output: { type: 'string' } }, ({ input: given }) =>
      (given as { n: number }).n > 0 ? 'good' : 5,
    )
    expect(await inspect.call({ n: 1 })).toMatchObject({ output: 'good' })
    expect(inspect.calls[0]?.input).toEqual({ n: 1, m: 1 })
    const wrong = await inspect.order({ tool: 'inspect', input: { n: 'x' } }, {}, { dispatch: 2 })
    expect(wrong).toMatchObject({ error: { code: 'invalid_value', message: expect.stringContaining('/n') } })
    const bad = await inspect.order({ tool: 'inspect', input: { n: 0 } }, {}, { dispatch: 3 })
    expect(bad).toMatchObject({ error: { code: 'tool_invalid_output' } })
  })

  it('fails the task with its own error', async () => {
    const inspect = tool({}, () => {
      throw new WonderError('tool_failed', 'Tool "inspect" threw: no such file')
    })
    expect(await inspect.call({})).toMatchObject({ status: 'failed', error: { code: 'tool_failed', retry: 'safe' } })
  })
})
