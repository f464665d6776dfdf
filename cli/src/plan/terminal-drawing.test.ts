import type { Definition } from '@wonder/engine'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { plain } from '../paint.ts'
import { fitTerminal } from './fit-terminal.ts'
import { compileFixture, compileText } from './fixtures/compile-fixture.ts'
import { reviewCycle } from './fixtures/review-cycle.ts'
import { createLayout } from './layout.ts'
import { workflowGraph } from './workflow-graph.ts'

const layout = await createLayout()

test.each(['nested', 'wide', 'long', 'handlers'])('%s is drawn as before in 80 and 140 columns', async (id) => {
  const definition = await compileFixture(id)
  for (const width of [80, 140]) {
    const drawn = await draw(definition, width)

    expect(Math.max(...drawn.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width)
    await expect(`${drawn.join('\n')}\n`).toMatchFileSnapshot(`fixtures/${id}.${width}.txt`)
  }
})

test('A graph with a cycle, several joins and ways by priority is drawn as before', async () => {
  for (const width of [80, 140]) {
    const drawn = await draw(reviewCycle, width)

    await expect(`${drawn.join('\n')}\n`).toMatchFileSnapshot(`fixtures/review-cycle.${width}.txt`)
  }
})

test('A graph that does not fit the terminal is not drawn', async () => {
  const definition = await compileFixture('nested')

  expect(await fitTerminal(workflowGraph(definition), layout, { width: 30, measure: stringWidth, paint: plain })).toBe(
    undefined,
  )
})

test('Names in wide characters, with escape sequences or without end keep every row within the width', async () => {
  const names = [
    '数据仓库的每一行都要检查一遍',
    '\u001b[31mred\u001b[0m',
    'x'.repeat(500),
    '👩‍👩‍👧 family',
    '\u202eback',
    ' ',
  ]
  const tasks = names.map((name, i) => `  - { id: t${i}, name: ${JSON.stringify(name)}, render: "x" }`)
  const definition = await compileText('odd', `id: odd\ntasks:\n${tasks.join('\n')}\n`)
  const drawn = await draw(definition, 80)

  expect(drawn.join('\n')).toContain('数据仓库')
  expect(drawn.join('')).not.toMatch(/[\x00-\x1f\u202e]/)
  for (const line of drawn) expect(stringWidth(line)).toBeLessThanOrEqual(80)
  const box = drawn.filter((line) => line.includes('数据'))
  expect(stringWidth(box[0] ?? '')).toBe(stringWidth(drawn[drawn.indexOf(box[0] ?? '') - 1] ?? ''))
})

async function draw(definition: Definition, width: number): Promise<readonly string[]> {
  const lines = await fitTerminal(workflowGraph(definition), layout, { width, measure: stringWidth, paint: plain })
  if (lines === undefined) throw new Error(`too large for ${width} columns`)
  return lines
}
