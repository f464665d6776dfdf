import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mutants } from './mutants.ts'

const page = readFileSync(new URL('../../../docs/testing.md', import.meta.url), 'utf8')

test('docs/testing.md lists every mutant', () => {
  for (const { area, rule, file } of mutants) {
    expect(page).toContain(`| ${area} | ${rule} | \`${file.split('/').at(-1)}\` |`)
  }
})

test.for(mutants)('$area: the text that breaks "$rule" stands once in its file', ({ file, find }) => {
  const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
  expect(source.split(find)).toHaveLength(2)
})
