import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { plain } from '../paint.ts'
import type { Drawing, Rectangle } from './drawing.ts'
import { fitPicture } from './fit-picture.ts'
import { randomDefinition } from './fixtures/random-definition.ts'
import { wellFormed } from './fixtures/well-formed.ts'
import { membershipOf } from './group-membership.ts'
import { createLayout } from './layout.ts'
import type { PlanGraph } from './plan-graph.ts'
import { svgDrawing } from './svg-drawing.ts'
import { terminalDrawing, toCells } from './terminal-drawing.ts'
import { terminalScale } from './terminal-scale.ts'
import { workflowGraph } from './workflow-graph.ts'

const layout = await createLayout()
const runs = { numRuns: 60 }

test('Every node of any definition is one box or a part of one border, and every way has two ends', () => {
  fc.assert(
    fc.property(randomDefinition, (definition) => {
      const graph = workflowGraph(definition)
      const { border } = membershipOf(definition)

      const drawn = [...graph.nodes.map(({ id }) => id), ...border.keys()]
      expect(drawn.toSorted()).toEqual(definition.nodes.map(({ ref }) => ref).toSorted())
      const known = new Set([...graph.nodes, ...graph.groups].map(({ id }) => id))
      for (const { from, to } of graph.edges) expect(known.has(from) && known.has(to)).toBe(true)
      for (const { group } of [...graph.nodes, ...graph.groups])
        expect(group === undefined || known.has(group)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('Any definition is drawn in cells: each node once, no two boxes in the same cell, children inside their groups', async () => {
  await fc.assert(
    fc.asyncProperty(
      randomDefinition,
      fc.constantFrom('DOWN' as const, 'RIGHT' as const),
      fc.boolean(),
      async (definition, direction, details) => {
        const graph = workflowGraph(definition)
        const drawing = await layout(graph, terminalScale({ direction, text: 20, details }, stringWidth))
        const text = terminalDrawing(drawing, stringWidth, plain).join('\n')

        expectPlaced(graph, drawing, toCells)
        for (const { id, name } of graph.nodes) {
          if (name === undefined && !id.includes(' ')) expect(text).toContain(id)
        }
        for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(Math.ceil(drawing.width) + 1)
      },
    ),
    runs,
  )
})

test('Any definition is drawn in pixels: well-formed, each node once, no box on another', async () => {
  await fc.assert(
    fc.asyncProperty(randomDefinition, async (definition) => {
      const graph = workflowGraph(definition)
      const drawing = await fitPicture(graph, layout, stringWidth)
      const svg = svgDrawing(drawing, { title: 'any', description: 'any' })

      expect(wellFormed(svg)).toBe(true)
      expectPlaced(graph, drawing, (box) => box)
    }),
    runs,
  )
})

function expectPlaced(graph: PlanGraph, drawing: Drawing, place: (box: Rectangle) => Rectangle): void {
  expect(drawing.boxes.map(({ node }) => node.id).toSorted()).toEqual(graph.nodes.map(({ id }) => id).toSorted())
  expect(drawing.clusters.map(({ group }) => group.id).toSorted()).toEqual(graph.groups.map(({ id }) => id).toSorted())
  const boxes = drawing.boxes.map((box) => ({ id: box.node.id, group: box.node.group, ...place(box) }))
  const clusters = drawing.clusters.map((box) => ({ id: box.group.id, group: box.group.group, ...place(box) }))
  const all = [...boxes, ...clusters]
  for (const [index, a] of all.entries()) {
    expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= drawing.width + 1 && a.y + a.height <= drawing.height + 1).toBe(
      true,
    )
    for (const b of all.slice(index + 1))
      if (a.group === b.group) expect(overlap(a, b), `${a.id} and ${b.id}`).toBe(false)
    const around = clusters.find(({ id }) => id === a.group)
    if (around !== undefined) expect(isWithin(a, around), `${a.id} in ${around.id}`).toBe(true)
  }
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

function isWithin(a: Rectangle, b: Rectangle): boolean {
  return a.x > b.x && a.y > b.y && a.x + a.width < b.x + b.width && a.y + a.height < b.y + b.height
}
