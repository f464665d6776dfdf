import type { Definition } from '@wonder/engine'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { fitPicture } from './fit-picture.ts'
import { compileFixture, compileText } from './fixtures/compile-fixture.ts'
import { reviewCycle } from './fixtures/review-cycle.ts'
import { wellFormed } from './fixtures/well-formed.ts'
import { createLayout } from './layout.ts'
import { svgDrawing } from './svg-drawing.ts'
import { workflowGraph } from './workflow-graph.ts'

const layout = await createLayout()

test.each(['nested', 'wide', 'long', 'handlers'])('The picture of %s is XML with every task once', async (id) => {
  const definition = await compileFixture(id)
  const svg = await picture(definition)
  const graph = workflowGraph(definition)

  expect(wellFormed(svg)).toBe(true)
  for (const { id: task } of [...graph.nodes, ...graph.groups]) {
    expect(svg.split(`<title>${task}</title>`), task).toHaveLength(2)
  }
})

test('The picture of a graph with a cycle is XML with every task, and lines for failures apart', async () => {
  const svg = await picture(reviewCycle)

  expect(wellFormed(svg)).toBe(true)
  for (const { ref } of reviewCycle.nodes) expect(svg).toContain(`<title>${ref}</title>`)
  expect(svg).toContain('class="line error"')
  expect(svg).toContain('at most 3 times')
})

test('A picture has a title, a description, its size, light and dark colours, and nothing from elsewhere', async () => {
  const svg = await picture(await compileFixture('wide'))

  expect(svg).toMatch(
    /<svg [^>]*role="img"[^>]* width="\d+" height="\d+" viewBox="0 0 \d+ \d+">\n<title id="title">wide</,
  )
  expect(svg).toContain('<desc id="description">about</desc>')
  expect(svg).toContain('prefers-color-scheme: dark')
  expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
    /https?:\/\/(?!region)|@import|url\(|href=|<script|<image/,
  )
})

test('Names, conditions and descriptions cannot become elements, attributes or broken XML', async () => {
  const attack = `"><script>alert('1')</script><!--]]>&lt;\u0000\ud800\u001b`
  const definition = await compileText(
    'attack',
    `id: attack
tasks:
  - { id: a, name: "<script>alert(1)</script>", render: "x" }
  - id: r
    name: "</title><script>"
    route:
      - { if: 'tasks.a.output.text == "<script>"', do: [{ id: b, name: "' onload='x", shell: ["<img src=x onerror=y>"] }] }
      - do: []
`,
  )
  const svg = await picture({
    ...definition,
    name: attack,
    outline: definition.outline.map((item) => (item.id === 'a' ? { ...item, name: attack, kind: attack } : item)),
  })

  expect(wellFormed(svg)).toBe(true)
  expect(svg).not.toMatch(/<script|<img|<[^>]* onload=|<!--/)
  expect(svg).toContain('&lt;script&gt;')
})

async function picture(definition: Definition): Promise<string> {
  const drawing = await fitPicture(workflowGraph(definition), layout, stringWidth)
  return svgDrawing(drawing, { title: definition.name ?? definition.workflow, description: 'about' })
}
