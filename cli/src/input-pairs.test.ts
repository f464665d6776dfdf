import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readInputPairs } from './input-pairs.ts'

test('name=value gives texts, with further = signs kept', async () => {
  expect(await readInputPairs(['a=1', 'b=x=y', 'c='])).toEqual({ a: '1', b: 'x=y', c: '' })
})

test('name=@file gives the text of the file, name=@@x the text @x', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wonder-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'draft.md'), '# Draft\n')

  expect(await readInputPairs([`text=@${join(folder, 'draft.md')}`, 'who=@@ada'])).toEqual({
    text: '# Draft\n',
    who: '@ada',
  })
})

test.each([
  [['loose'], 'Cannot read the input "loose": expected name=value'],
  [['=1'], 'Cannot read the input "=1": expected name=value'],
  [['a=1', 'a=2'], 'Input "a" is given twice'],
  [['a=@/no/such/file'], 'Cannot read "/no/such/file" for input "a": there is no such file'],
])('%j is refused', async (words, message) => {
  await expect(readInputPairs(words)).rejects.toMatchObject({ code: 'invalid_input', message })
})

test('An input may be named like what objects inherit', async () => {
  expect(Object.entries(await readInputPairs(['__proto__=1', 'constructor=2']))).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
  ])
})
