import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { seededRandom, testProject, until, WonderCommand, wonder, wonderJson } from '../src/index.ts'

/** Most tasks at a time. */
const limit = 2
const runs = 10
const kills = 6

type Key = { readonly key: string; readonly holders: readonly unknown[]; readonly waiting: readonly unknown[] }

/** Notes when it begins and when it ends. A kill leaves a begin without its end, and the task begins again. */
const files = {
  'workflows/deploy.yaml': `
id: deploy
input:
  n: integer
tasks:
  - id: work
    shell: [sh, -c, 'echo "begin $0" >> notes.txt; sleep 0.15; echo "end $0" >> notes.txt', "{{ input.n }}"]
    interrupted: rerun
    concurrency: { key: deploy, limit: ${limit} }
`,
  'workflows/slow.yaml': `
id: slow
input:
  n: integer
tasks:
  - id: work
    shell: [sh, -c, 'echo "begin $0" >> notes.txt; sleep 30', "{{ input.n }}"]
    concurrency: { key: slow, limit: 1 }
`,
}

test('two processes that are killed again and again never run more than the limit at a time, and all runs end', async () => {
  const seed = Number(process.env.WONDER_SEED ?? Math.floor(Date.now() % 1_000_000))
  console.log(`seed ${seed} (WONDER_SEED=${seed} repeats it)`)
  const random = seededRandom(seed)
  await using folder = await testProject(files)
  const { path } = folder
  let starts = [new WonderCommand(path, ['start']), new WonderCommand(path, ['start'])]
  try {
    await Promise.all(starts.map((one) => one.untilPrinted(/\S/)))
    await Promise.all(
      Array.from({ length: runs }, (_, n) => wonder(path, 'run', 'deploy', `n=${n}`, '--detach', '--quiet')),
    )
    for (let killed = 0; killed < kills; killed++) {
      await after(100 + random() * 400)
      const place = killed % starts.length
      await starts[place]?.kill()
      starts = starts.with(place, new WonderCommand(path, ['start']))
    }
    await until(
      'all runs to end',
      async () => {
        const { runs: list } = await wonderJson<{ runs: readonly { status: string }[] }>(path, 'runs', 'list')
        return list.length === runs && list.every(({ status }) => status === 'completed')
      },
      90_000,
    )
  } finally {
    await Promise.all(starts.map((one) => one.kill()))
  }

  const lines = (await readFile(join(path, 'notes.txt'), 'utf8')).trim().split('\n')
  const going = new Set<string>()
  let most = 0
  for (const line of lines) {
    const [what, n = ''] = line.split(' ')
    // One that was cut off holds its permit still: when it begins again it is the same one.
    if (what === 'begin') going.add(n)
    else going.delete(n)
    most = Math.max(most, going.size)
  }
  expect(most).toBeLessThanOrEqual(limit)
  expect(going.size).toBe(0)
  expect(new Set(lines.filter((line) => line.startsWith('end'))).size).toBe(runs)
  expect((await wonderJson<{ keys: readonly Key[] }>(path, 'limits')).keys).toEqual([])
}, 180_000)

test('a run that is cancelled while it holds gives its permit on, and one that is cancelled while it waits leaves', async () => {
  await using folder = await testProject(files)
  const { path } = folder
  const commands = []
  for (const n of [1, 2, 3]) {
    commands.push(new WonderCommand(path, ['run', 'slow', `n=${n}`]))
    await until(`run ${n} to hold or wait`, async () => {
      const { keys } = await wonderJson<{ keys: readonly Key[] }>(path, 'limits')
      return keys[0] !== undefined && keys[0].holders.length + keys[0].waiting.length === n
    })
  }
  try {
    const { runs: list } = await wonderJson<{ runs: readonly { id: string }[] }>(path, 'runs', 'list')
    const [third, second, first] = list.map(({ id }) => id)

    await wonder(path, 'runs', 'cancel', second ?? '')
    await wonder(path, 'runs', 'cancel', first ?? '')

    const notes = join(path, 'notes.txt')
    await until('the third to begin', async () => (await readFile(notes, 'utf8')).includes('begin 3'))
    expect(await readFile(notes, 'utf8')).not.toContain('begin 2')
    await wonder(path, 'runs', 'cancel', third ?? '')
    await Promise.all(commands.map((one) => one.finished))
    expect((await wonderJson<{ keys: readonly Key[] }>(path, 'limits')).keys).toEqual([])
  } finally {
    await Promise.all(commands.map((one) => one.kill()))
  }
}, 60_000)

test('a key starts one run from several processes at once, and is refused another input', async () => {
  await using folder = await testProject(files)
  const { path } = folder

  const ends = await Promise.all(
    [1, 2, 3].map(() => wonder(path, 'run', 'deploy', 'n=7', '--key', 'order-7', '--json')),
  )

  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0])
  expect(new Set(ends.map(({ stdout }) => (JSON.parse(stdout) as { run: string }).run)).size).toBe(1)
  expect(await readFile(join(path, 'notes.txt'), 'utf8')).toBe('begin 7\nend 7\n')
  const other = await wonder(path, 'run', 'deploy', 'n=8', '--key', 'order-7')
  expect([other.code, other.stderr]).toEqual([6, expect.stringContaining('with the key "order-7"')])
}, 60_000)

/** The moments of the kills are what this test draws. */
function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
