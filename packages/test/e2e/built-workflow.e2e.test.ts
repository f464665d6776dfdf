import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { testProject, wonder, wonderJson, writeFiles } from '../src/index.ts'

const greeting = `import { tool } from '@wonder/sdk/tool'

export default tool({
  description: 'Greets.',
  input: { name: 'string' },
  output: { text: 'string' },
  run: ({ name }) => ({ text: \`Hello, \${name}!\` }),
})
`
const hello = `import { collect, each, text, tool, workflow } from '@wonder/sdk'
import greeting from '../tools/greeting.ts'

export default workflow({ id: 'hello', input: { names: 'string[] = ["Ada", "Bob"]' } }, ({ input }) => {
  const greetings = each('greetings', { in: input.names, as: 'name' }, {
    do: ({ name }) => [tool('greet', { greeting }, { with: { name } })],
  })
  const sum = collect('sum', { said: greetings.output, note: text\`first \${input.names[0]}\` })
  return { tasks: [greetings, sum], outputs: { said: sum.output.said, note: sum.output.note } }
})
`
const files = { 'workflows/hello.ts': hello, 'tools/greeting.ts': greeting }

test('a workflow in TypeScript runs, beside one in YAML', async () => {
  await using project = await testProject({
    ...files,
    'workflows/other.yaml': 'id: other\ntasks:\n  - { id: a, collect: { x: 1 } }\n',
  })

  const validated = await wonder(project.path, 'validate')
  const ran = await wonderJson(project.path, 'run', 'hello', 'names=["Eve"]')

  expect(validated.stdout).toContain('2 workflows')
  expect(ran).toMatchObject({ status: 'completed', output: { said: [{ text: 'Hello, Eve!' }], note: 'first Eve' } })
})

test('its mistakes are told with file, line and column, all at once', async () => {
  await using project = await testProject(files)
  await writeFiles(project.path, {
    'workflows/hello.ts': hello.replace("as: 'name' }", "as: 'name', ordr: 1 }").replace('names[0]', 'name'),
  })

  const { code, stderr } = await wonder(project.path, 'validate')

  expect(code).toBe(6)
  expect(stderr).toMatch(/workflows\/hello\.ts:5:70 {2}error {2}unknown_field[\s\S]*Did you mean "order"/)
  expect(stderr).toMatch(/workflows\/hello\.ts:8:\d+ {2}error {2}unknown_input/)
})

test("the example of the SDK's README runs", async () => {
  const page = await readFile(new URL('../../sdk/README.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)]
  await using project = await testProject(Object.fromEntries(blocks.map(([, path = '', code = '']) => [path, code])))

  expect(await wonderJson(project.path, 'run', 'hello', 'names=["Ada", "Bob"]')).toMatchObject({
    status: 'completed',
    output: { said: [{ text: 'Hello, Ada!' }, { text: 'Hello, Bob!' }] },
  })
})
