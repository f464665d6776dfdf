import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const source = readFileSync(new URL('../src/events.ts', import.meta.url), 'utf8')
// Tables are padded by the formatter.
const page = readFileSync(new URL('../../../docs/kernel.md', import.meta.url), 'utf8').replaceAll(/ +\|/g, ' |')

/** Members of a union of object types: the literal that tells them apart, and their other fields in order. */
function membersOf(type: string, tag: 'type' | 'kind'): readonly string[] {
  const body = source.slice(source.indexOf(`export type ${type} =`)).split('\nexport ')[0] ?? ''
  const members = body
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
    .split(`readonly ${tag}: '`)
    .slice(1)
  return members.map((member) => {
    const name = member.slice(0, member.indexOf("'"))
    const fields = [...member.matchAll(/readonly (\w+\??):/g)].map(([, field]) => `\`${field}\``)
    return `| \`${name}\` | ${fields.join(' ')}${fields.length === 0 ? '' : ' '}|`
  })
}

test.each([
  ['RunEvent', 'type'],
  ['CommandBody', 'kind'],
  ['Effect', 'type'],
] as const)('docs/kernel.md has a row for each %s, with its fields', (type, tag) => {
  const rows = membersOf(type, tag)
  expect(rows.length).toBeGreaterThan(1)
  for (const row of rows) expect(page).toContain(row)
})
