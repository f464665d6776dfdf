import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder, until, WonderCommand, wonder, wonderJson, writeFiles } from '../src/index.ts'

/** Every example of docs/waiting-and-people.md, run by the command as a person would. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeAll(async () => {
  folder = await temporaryFolder()
  await writeFiles(folder.path, { 'wonder.yaml': 'wonder: 1\nname: documented\n', ...(await documentedFiles()) })
})
afterAll(() => folder[Symbol.asyncDispose]())

/** Those that end by themselves, with their input and what they come to. */
const alone: { readonly [workflow: string]: readonly [inputs: readonly string[], output: object] } = {
  reminder: [['pause=10ms'], { text: 'It is time.' }],
  order: [[], { amount: 12 }],
  greet: [['name=Ada'], { text: 'Hello Ada, I am glad.' }],
  greet_all: [[], { greetings: [{ text: 'Hello Ada, I am glad.' }, { text: 'Hello Grace, I am glad.' }] }],
  trip: [[], {}],
  careful: [[], {}],
  deploy: [['stage=live'], {}],
  vote: [[], {}],
}
/** Those that wait for somebody; their tests are below. */
const waiting = ['belt', 'publish', 'migrate']

test('every workflow of the page is run here', async () => {
  const shown = Object.keys(await documentedFiles()).map((path) => path.replace(/^workflows\/(.*)\.yaml$/, '$1'))
  expect(shown.sort()).toEqual([...Object.keys(alone), ...waiting].sort())
})

test.for(Object.entries(alone))('%s comes to its end', async ([workflow, [inputs, output]]) => {
  const run = await wonderJson(folder.path, 'run', workflow, ...inputs)
  expect(run).toMatchObject({ status: 'completed', output })
})

test('trip takes back what it did when the card is refused, the newest first', async () => {
  const { code } = await wonder(folder.path, 'run', 'trip', 'pay=false', '--key', 'refused')
  expect(code).toBe(1)
  const { runs } = await wonderJson<{ runs: readonly { id: string }[] }>(
    folder.path,
    'runs',
    'list',
    '--status',
    'failed',
  )
  const events = await wonder(folder.path, 'runs', 'events', runs[0]?.id ?? '', '--json')
  const undone = [...events.stdout.matchAll(/"type":"compensation_started","task":"(\w+)"/g)].map(([, task]) => task)
  expect(undone).toEqual(['hotel', 'flight'])
})

test('belt goes on with its alarm', async () => {
  await using owner = new WonderCommand(folder.path, ['run', 'belt'])
  const run = await until('belt to wait', async () => {
    const { runs } = await wonderJson<Listed>(folder.path, 'runs', 'list', '--status', 'waiting')
    return runs.find(({ workflow }) => workflow === 'belt')?.id
  })
  expect((await wonder(folder.path, 'runs', 'signal', run, 'alarm')).code).toBe(0)
  expect(await owner.finished).toMatchObject({ code: 0 })
}, 60_000)

type Listed = { readonly runs: readonly { readonly id: string; readonly workflow: string }[] }

test('publish ends with 4 until a maintainer answers, and then goes on', async () => {
  const asked = await wonder(folder.path, 'run', 'publish')
  expect(asked.code).toBe(4)
  expect(asked.stdout).toContain('wonder runs answer')
  const run = /\b[0-9A-Z]{26}\b/.exec(asked.stdout)?.[0] ?? ''
  const answered = await wonder(folder.path, 'runs', 'answer', run, '--set', 'publish=true', '--role', 'maintainer')
  expect(answered.code).toBe(0)
})

test('migrate stands at its checkpoint until an operator approves it', async () => {
  const asked = await wonder(folder.path, 'run', 'migrate')
  expect(asked.code).toBe(4)
  const run = /\b[0-9A-Z]{26}\b/.exec(asked.stdout)?.[0] ?? ''
  expect((await wonder(folder.path, 'runs', 'approve', run, '--role', 'guest')).code).toBe(6)
  expect((await wonder(folder.path, 'runs', 'approve', run, '--role', 'operator')).code).toBe(0)
})

async function documentedFiles(): Promise<{ readonly [path: string]: string }> {
  const page = await readFile(fileURLToPath(new URL('../../../docs/waiting-and-people.md', import.meta.url)), 'utf8')
  const blocks = [...page.matchAll(/^```yaml\n# (\S+\.yaml)\n([\s\S]*?)^```$/gm)]
  return Object.fromEntries(blocks.map(([, path = '', block = '']) => [path, block]))
}
