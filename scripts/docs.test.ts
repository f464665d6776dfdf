import { catalogue } from '@wonder/errors'
import { describe, expect, test } from 'vitest'
import { errorsPage, generatedPages } from './docs.ts'

const entry = { title: 'No | such', status: 404, exit: 6, retry: 'never', cause: 'A\nB', fix: 'C' } as const

describe('errorsPage()', () => {
  test('keeps a row on one line and its bars out of the table', () => {
    const page = errorsPage([{ name: 'run', about: 'Runs.', entries: { missing: entry } }])

    expect(page).toContain('| No \\| such | 6 | 404 | never | A B | C |')
  })

  test('shows an example as it was written', () => {
    const page = errorsPage([
      { name: 'run', about: '', entries: { missing: { ...entry, example: { wrong: 'a: |\n  b', right: 'c' } } } },
    ])

    expect(page).toContain('Wrong:\n\n```\na: |\n  b\n```')
  })
})

describe('generatedPages()', () => {
  test('has a row for every code of the catalogue', async () => {
    const pages = await generatedPages()
    const page = pages.find(({ path }) => path === 'docs/errors.md')

    const missing = Object.keys(catalogue).filter((code) => !page?.text.includes(`\`${code}\` |`))
    expect(missing).toEqual([])
  })
})
