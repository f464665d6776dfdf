import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  cel,
  collect,
  each,
  end,
  fail,
  http,
  loop,
  orValue,
  parallel,
  project,
  type Ref,
  ref,
  render,
  route,
  sequence,
  set,
  shell,
  sitesOf,
  text,
  tool,
  type Value,
  workflow,
} from './index.ts'
import { tool as defineTool } from './tool.ts'

const list_files = defineTool({
  description: 'Lists files.',
  input: { repository: 'path', deep: 'boolean?' },
  output: { paths: 'string[]', total: 'integer' },
  run: () => ({ paths: [], total: 0 }),
})

describe('A reference', () => {
  test('is written as its path in braces, and its fields are references', () => {
    const paths = ref<{ paths: string[] }>('tasks.files.output').paths

    expect(`${paths} ${paths[0]} ${ref('headers')['x-y']}`).toBe(
      '{{ tasks.files.output.paths }} {{ tasks.files.output.paths[0] }} {{ headers["x-y"] }}',
    )
    expect(JSON.stringify({ paths })).toBe('{"paths":"{{ tasks.files.output.paths }}"}')
  })

  test('stands bare in CEL, where other values are literals and CEL is put in parentheses', () => {
    const score = ref<number>('tasks.rank.output.score')
    const low = cel<boolean>`${score} < ${40}`

    expect(cel`${low} && input.mode == ${'a"b'}`.cel).toBe('(tasks.rank.output.score < 40) && input.mode == "a\\"b"')
    expect(text`Score ${score}, low: ${low}.`).toBe(
      'Score {{ tasks.rank.output.score }}, low: {{= tasks.rank.output.score < 40 }}.',
    )
    expect(String(orValue(ref('payload')['a.b[0]']?.c?.[1] ?? ref(''), 0))).toBe(
      '{{= payload[?"a.b[0]"].?c[?1].orValue(0) }}',
    )
    expect(String(orValue(ref<{ who?: string }>('input').who, 'nobody'))).toBe('{{= input.?who.orValue("nobody") }}')
  })

  test('carries its type, and what may be missing fits only with a value in its place', () => {
    type Input = { who?: string; names: string[]; bag: { [name: string]: unknown } }
    const input = ref<Input>('input')

    expectTypeOf(input.names[0]).toEqualTypeOf<Ref<string> | undefined>()
    expectTypeOf(input.names).toExtend<Value<string[]>>()
    expectTypeOf(input.names).not.toExtend<Value<number[]>>()
    expectTypeOf(input.who).not.toExtend<Value<string>>()
    expectTypeOf(orValue(input.who, 'nobody')).toExtend<Value<string>>()
    expectTypeOf(cel<number>`1`).not.toExtend<Value<string>>()
    expectTypeOf(cel`1`).toExtend<Value<string>>()
    // @ts-expect-error the input has no such field
    input.name
  })
})

describe('workflow()', () => {
  test('gives the plain document that its YAML is parsed to', () => {
    const document = workflow(
      { id: 'health', input: { repository: 'path = "."', limit: 'integer = 20' }, state: { seen: 'integer = 0' } },
      ({ input, state, error }) => {
        const files = tool(
          'files',
          { list_files },
          { with: { repository: input.repository }, retry: { max_attempts: 3 }, timeout: '5s' },
        )
        const all = each(
          'all',
          { in: files.output.paths, as: 'path', filter: cel`path != ""` },
          {
            strategy: 'best_effort',
            do: ({ path, index }) => [shell('look', ['cat', path, index], { parse: 'lines' })],
          },
        )
        const both = parallel('both', [
          render('a', 'x.hbs', { with: { all: all.output } }),
          http('b', { url: 'https://a.b' }),
        ])
        const way = route('way', [
          { if: cel`${files.output.total} > ${input.limit}`, do: [fail('no', 'Too many.', { code: 'many' })] },
          { do: [] },
        ])
        const count = set('count', { seen: cel<number>`${state.seen} + 1` }, { if: cel`${all.stats.failed} > 0` })
        const last = sequence('last', [collect('sum', { total: files.output.total })], {
          on_error: [collect('sorry', { why: error.message })],
          next: 'stop',
        })
        return {
          tasks: [files, all, both, way, count, last, end('stop')],
          outputs: { total: last.output.total, first: both.output.a.text },
        }
      },
    )

    expect(document).toEqual({
      id: 'health',
      input: { repository: 'path = "."', limit: 'integer = 20' },
      state: { seen: 'integer = 0' },
      tasks: [
        {
          id: 'files',
          tool: 'list_files',
          with: { repository: '{{ input.repository }}' },
          retry: { max_attempts: 3 },
          timeout: '5s',
        },
        {
          id: 'all',
          each: { in: '{{ tasks.files.output.paths }}', as: 'path', filter: 'path != ""' },
          do: [{ id: 'look', shell: ['cat', '{{ path }}', '{{ index }}'], parse: 'lines' }],
          strategy: 'best_effort',
        },
        {
          id: 'both',
          parallel: [
            { id: 'a', render: 'x.hbs', with: { all: '{{ tasks.all.output }}' } },
            { id: 'b', http: { url: 'https://a.b' } },
          ],
        },
        {
          id: 'way',
          route: [
            { if: 'tasks.files.output.total > input.limit', do: [{ id: 'no', fail: 'Too many.', code: 'many' }] },
            { do: [] },
          ],
        },
        { id: 'count', set: { seen: '{{= state.seen + 1 }}' }, if: 'tasks.all.stats.failed > 0' },
        {
          id: 'last',
          sequence: [{ id: 'sum', collect: { total: '{{ tasks.files.output.total }}' } }],
          on_error: [{ id: 'sorry', collect: { why: '{{ error.message }}' } }],
          next: 'stop',
        },
        { id: 'stop', end: {} },
      ],
      outputs: { total: '{{ tasks.last.output.total }}', first: '{{ tasks.both.output.a.text }}' },
    })
  })

  test('says a graph, a loop and a trigger in the words of YAML', () => {
    const document = workflow(
      {
        id: 'g',
        triggers: [
          { webhook: { slug: 'push', if: cel`payload.ref == "main"`, dedupe: cel`${ref('headers')['x-id']}` } },
        ],
      },
      ({ input }) => {
        const draft = loop('draft', {
          do: [shell('try', 'make')],
          until: cel`tasks.try.output.exit_code == 0`,
          max: 3,
        })
        const check = render('check', 'Checked')
        const done = render('done', 'Done')
        return {
          nodes: [draft, check, done],
          start: draft,
          transitions: [
            { from: draft, to: check, group: 'checks', each: { in: input, as: 'one', filter: cel`one > 1` } },
            { from: check, to: done, join: { group: 'checks', quorum: 2 }, if: cel`true`, priority: 1 },
          ],
          on_error: 'block',
        }
      },
    )

    expect(document).toEqual({
      id: 'g',
      triggers: [{ webhook: { slug: 'push', if: 'payload.ref == "main"', dedupe: 'headers["x-id"]' } }],
      nodes: [
        {
          id: 'draft',
          loop: { do: [{ id: 'try', shell: 'make' }], until: 'tasks.try.output.exit_code == 0', max: 3 },
        },
        { id: 'check', render: 'Checked' },
        { id: 'done', render: 'Done' },
      ],
      start: 'draft',
      transitions: [
        { from: 'draft', to: 'check', group: 'checks', each: { in: '{{ input }}', as: 'one', filter: 'one > 1' } },
        { from: 'check', to: 'done', join: { group: 'checks', quorum: 2 }, if: 'true', priority: 1 },
      ],
      on_error: 'block',
    })
  })

  test('remembers where each task was made, beside the document', () => {
    const document = workflow({ id: 'w', tasks: [sequence('s', [render('r', 'Hello')])] })

    const sites = sitesOf(document) ?? {}

    expect(Object.keys(sites)).toEqual(['', '/tasks/0', '/tasks/0/sequence/0'])
    expect(sites['/tasks/0']).toContain('builders.test.ts')
    expect(JSON.stringify(document)).not.toContain('builders.test.ts')
  })

  test('cannot be made by a function that gives its tasks later', () => {
    // @ts-expect-error a body is no promise
    expect(() => workflow({ id: 'w' }, async () => ({ tasks: [render('r', 'x')] }))).toThrow('must not be async')
  })

  test('names the place of what a document cannot hold', () => {
    expect(() => workflow({ id: 'w', tasks: [collect('c', { f: () => 1 })] })).toThrow(
      '/collect/f is a function, which a document cannot hold',
    )
  })
})

describe('The types of tasks', () => {
  const files = () => tool('files', { list_files }, { with: { repository: '.' } })

  test('follow from the tool: what it needs, what it takes, what it gives', () => {
    expectTypeOf(files().output).toEqualTypeOf<Ref<{ paths: string[]; total: number }>>()
    // @ts-expect-error repository is missing
    tool('a', { list_files }, { with: {} })
    // @ts-expect-error with is missing
    tool('a', { list_files })
    // @ts-expect-error repository is a text
    tool('a', { list_files }, { with: { repository: 1 } })
    // @ts-expect-error total is a number
    tool('a', { list_files }, { with: { repository: files().output.total } })
    // @ts-expect-error the tool has no such input
    tool('a', { list_files }, { with: { repository: '.', depth: 1 } })
    // @ts-expect-error the tool gives no such field
    files().output.names
  })

  test('leave out what the tool has a default for, in a text or in a schema, and nothing else', () => {
    const rank = defineTool({
      description: 'Ranks files.',
      input: { paths: 'string[]', limit: 'integer = 20', order: { type: 'string', default: 'size' }, note: 'string?' },
      output: { top: 'string[]', skipped: 'integer = 0' },
      run: (input) => {
        expectTypeOf(input).toEqualTypeOf<{ paths: string[]; limit: number; order: string; note?: string }>()
        return { top: input.paths.slice(0, input.limit) }
      },
    })
    const greet = defineTool({ description: 'Greets.', input: { name: 'string = "you"' }, run: () => ({}) })
    type With = NonNullable<Parameters<typeof tool<'r', { rank: typeof rank }>>[2]>['with']
    type Given = { [Name in keyof With]: undefined extends With[Name] ? 'optional' : 'needed' }

    expectTypeOf<Given>().toEqualTypeOf<{
      readonly paths: 'needed'
      readonly limit?: 'optional'
      readonly order?: 'optional'
      readonly note?: 'optional'
    }>()
    const short = tool('r', { rank }, { with: { paths: files().output.paths } })
    expectTypeOf(short.output).toEqualTypeOf<Ref<{ top: string[]; skipped?: number }>>()
    tool('r', { rank }, { with: { paths: ['a'], limit: files().output.total, order: 'name' } })
    tool('g', { greet })
    tool('g', { greet }, {})
    // @ts-expect-error limit is a number
    tool('r', { rank }, { with: { paths: ['a'], limit: '20' } })
    // @ts-expect-error order is a text
    tool('r', { rank }, { with: { paths: ['a'], order: 1 } })
    // @ts-expect-error paths has no default
    tool('r', { rank }, { with: { limit: 1 } })
    // @ts-expect-error with is missing, and paths has no default
    tool('r', { rank })
  })

  test('follow the kind, the list that each goes over, and the tasks of a group', () => {
    const shown = shell('s', 'ls', { parse: 'lines' })
    const all = each(
      'all',
      { in: files().output.paths, as: 'path' },
      { do: ({ path }) => [render('r', text`${path}`)] },
    )
    const both = parallel('p', [shown, files()])
    const sum = collect('c', { title: 'T', total: files().output.total, free: '{{= 1 }}', list: [1] })
    each(
      'n',
      { in: '1..3' },
      {
        do: ({ item }) => {
          expectTypeOf(item).toEqualTypeOf<Ref<number>>()
          return [sum]
        },
      },
    )
    each(
      'm',
      { matrix: { os: ['a', 'b'], n: [1] } },
      {
        do: ({ item }) => {
          expectTypeOf(item.n).toEqualTypeOf<Ref<number>>()
          return [sum]
        },
      },
    )

    expectTypeOf(shown.output.value).toEqualTypeOf<Ref<string[]>>()
    expectTypeOf(shell('t', 'ls').output.value).toEqualTypeOf<Ref<null>>()
    expectTypeOf(all.output).toEqualTypeOf<Ref<({ text: string } | null)[]>>()
    expectTypeOf(both.output.files.paths).toEqualTypeOf<Ref<string[]>>()
    expectTypeOf(sum.output.total).toEqualTypeOf<Ref<number>>()
    expectTypeOf(sum.output.list).toEqualTypeOf<Ref<number[]>>()
    expectTypeOf(sum.output.free).toExtend<Value<boolean>>()
    expectTypeOf(sequence('q', [sum, shown]).output.stdout).toEqualTypeOf<Ref<string>>()
    expectTypeOf(route('w', [{ do: [sum] }]).output.output.title).toEqualTypeOf<Ref<string>>()
    // @ts-expect-error a word that no task has
    render('x', 'y', { when: true })
    // @ts-expect-error an unknown strategy
    parallel('x', [sum], { strategy: 'all' })
    // @ts-expect-error 5 is no duration
    render('x', 'y', { timeout: '5' })
  })

  test('follow the input of the workflow', () => {
    workflow({ id: 'w', input: { repository: 'path = "."', tags: 'string[]?', mode: '"a" | "b"' } }, ({ input }) => {
      expectTypeOf(input.repository).toEqualTypeOf<Ref<string>>()
      expectTypeOf(input.mode).toEqualTypeOf<Ref<'a' | 'b'>>()
      // @ts-expect-error the workflow has no such input
      input.repo
      return { tasks: [end('e')] }
    })
  })
})

test('project() gives the document of wonder.yaml', () => {
  expect(project({ wonder: 1, name: 'shop', secrets: ['TOKEN?'], settings: { network: { allow: ['a.b'] } } })).toEqual({
    wonder: 1,
    name: 'shop',
    secrets: ['TOKEN?'],
    settings: { network: { allow: ['a.b'] } },
  })
})
