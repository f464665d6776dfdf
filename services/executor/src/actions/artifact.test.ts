import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scenario } from '../../test/scenario.ts'

type Saved = { readonly name: string; readonly digest: string; readonly size: number; readonly media_type: string }

describe('artifact', () => {
  it('saves a text, a value or a file, and gives what it is', async () => {
    const task = scenario({ steps: [{ action: 'artifact' }] })
    writeFileSync(join(task.root, 'a.csv'), 'x,y\n')
    const text = (await task.output({ name: 'a.md', text: 'é' })) as Saved
    expect(text).toMatchObject({ name: 'a.md', size: 2, media_type: 'text/markdown' })
    const value = (await task.output({ name: 'a.json', value: [1] }, {}, { dispatch: 2 })) as Saved
    expect(await task.artifact(value.digest)).toBe('[\n  1\n]')
    const file = (await task.output(
      { name: 'copy', path: './a.csv', media_type: 'text/csv' },
      {},
      { dispatch: 3 },
    )) as Saved
    expect(file).toMatchObject({ name: 'copy', media_type: 'text/csv' })
    expect(await task.artifact(file.digest)).toBe('x,y\n')
    expect(task.reports[2]?.result).toMatchObject({ artifacts: [{ name: 'copy', mediaType: 'text/csv', size: 4 }] })
  })

  it('takes no file from outside of the project', async () => {
    const task = scenario({ steps: [{ action: 'artifact' }] })
    symlinkSync('/etc', join(task.root, 'etc'))
    for (const [at, path] of ['/etc/passwd', '../x', 'etc/passwd'].entries()) {
      expect((await task.error({ name: 'a', path }, {}, { dispatch: at + 1 })).code).toBe('path_outside_project')
    }
    expect((await task.error({ name: 'a', path: 'none' }, {}, { dispatch: 9 })).code).toBe('file_not_found')
  })
})

describe('artifacts of a task', () => {
  it('are the files that its patterns match, named by their path', async () => {
    const task = scenario({ task: { artifacts: ['out/**/*.txt', 'none/*'] } })
    mkdirSync(join(task.root, 'out/deep'), { recursive: true })
    for (const file of ['out/a.txt', 'out/b.log', 'out/deep/c.txt']) writeFileSync(join(task.root, file), file)
    const outcome = await task.order({ output: 1 })
    if (outcome.status !== 'completed') throw new Error(JSON.stringify(outcome))
    expect(outcome.artifacts.map(({ name }) => name)).toEqual(['out/a.txt', 'out/deep/c.txt'])
    expect(await task.artifact(outcome.artifacts[1]?.digest ?? '')).toBe('out/deep/c.txt')
  })
})
