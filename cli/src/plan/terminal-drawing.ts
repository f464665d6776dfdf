import type { Paint, Style } from '../paint.ts'
import { CellGrid, type Look, side } from './cell-grid.ts'
import type { Drawing, DrawnLine, Point, Rectangle } from './drawing.ts'
import type { MeasureText } from './wrap-text.ts'

type Cell = readonly [x: number, y: number]

/** A drawing in cells, as lines of text. */
export function terminalDrawing(drawing: Drawing, measure: MeasureText, paint: Paint): readonly string[] {
  const grid = new CellGrid(Math.ceil(drawing.width) + 1, Math.ceil(drawing.height) + 1, measure)
  const boxes = drawing.boxes.map((box) => ({ ...box, ...toCells(box) }))
  const clusters = drawing.clusters.map((cluster) => ({ ...cluster, ...toCells(cluster) }))
  for (const cluster of clusters) grid.rectangle(cluster, { style: 'dim' })
  for (const box of boxes) grid.rectangle(box, {})
  const lines = drawing.lines.map((line) => ({ ...line, cells: lineCells(line, drawing.direction) }))
  for (const { cells, error } of lines) drawLine(grid, cells, lookOf(error))
  for (const line of lines) if (line.from === 'box') leaveBox(grid, line.cells, drawing.direction)
  for (const { x, y, title } of clusters) {
    grid.text(x + 2, y, ` ${title.name} `, 'bold')
    const detail = x + 2 + measure(title.name) + 1
    if (title.detail !== '') grid.text(detail, y, ` · ${title.detail} `, 'dim')
  }
  for (const box of boxes) {
    grid.clear({ x: box.x + 1, y: box.y + 1, width: box.width - 2, height: box.height - 2 })
    for (const [index, { text, role }] of box.lines.entries()) {
      const left = box.x + 1 + Math.floor((box.width - 2 - measure(text)) / 2)
      grid.text(drawing.direction === 'DOWN' ? left : box.x + 2, box.y + 1 + index, text, styles[role])
    }
  }
  for (const { x, y, width, text, error } of drawing.labels) {
    // A space fills up an even width, so that no line shows beside the text.
    const filled = measure(text) % 2 === 0 ? `${text} ` : text
    const room = Math.floor((Math.round(width) - measure(filled)) / 2)
    grid.text(Math.round(x) + room, Math.round(y), filled, error ? 'red' : 'yellow')
  }
  for (const { x, y, width, kind } of drawing.points) {
    grid.text(
      Math.round(x) + Math.floor(width / 2),
      Math.round(y),
      kind === 'start' ? '●' : '○',
      kind === 'start' ? 'green' : 'dim',
    )
  }
  for (const { cells, arrow, error } of lines)
    if (arrow) drawArrow(grid, cells, { error, direction: drawing.direction })
  return grid.lines(paint, { tight: drawing.direction === 'DOWN' })
}

const styles: { readonly [role in 'name' | 'kind' | 'condition']: Style } = {
  name: 'bold',
  kind: 'dim',
  condition: 'yellow',
}

function lookOf(error: boolean): Look {
  return error ? { style: 'red', dashed: true } : {}
}

/** Boxes keep their size and their distance: rounding is the same everywhere. */
export function toCells({ x, y, width, height }: Rectangle): Rectangle {
  const [left, top] = [Math.round(x), Math.round(y)]
  return { x: left, y: top, width: Math.round(x + width) - left, height: Math.round(y + height) - top }
}

/**
 * The cells where a line begins, bends and ends. It begins in the cell after a box and ends in the one before the
 * next; bends between two layers are drawn one cell earlier, so that a bend stands right behind the box it leaves.
 */
function lineCells({ points }: DrawnLine, direction: Drawing['direction']): readonly Cell[] {
  const down = direction === 'DOWN'
  const cellOf = (point: Point, index: number): Cell => {
    const earlier = index === 0 ? 0 : 1
    return down
      ? [Math.round(point.x), Math.round(point.y) - earlier]
      : [Math.round(point.x) - earlier, Math.round(point.y)]
  }
  return points.map(cellOf)
}

function drawLine(grid: CellGrid, cells: readonly Cell[], look: Look): void {
  for (const [index, to] of cells.entries()) {
    const from = cells[index - 1]
    if (from === undefined) continue
    // Rounding may part two ends by a cell: the corner between them keeps the line whole.
    const corner: Cell = [to[0], from[1]]
    grid.line(from, corner, look)
    grid.line(corner, to, look)
  }
}

/** Opens the border in front of a line's first cell. */
function leaveBox(grid: CellGrid, [first]: readonly Cell[], direction: Drawing['direction']): void {
  if (first === undefined) return
  const [x, y] = first
  if (direction === 'DOWN') {
    grid.open(x, y - 1, side.south)
    grid.open(x, y, side.north)
  } else {
    grid.open(x - 1, y, side.east)
    grid.open(x, y, side.west)
  }
}

function drawArrow(
  grid: CellGrid,
  cells: readonly Cell[],
  { error, direction }: { readonly error: boolean; readonly direction: Drawing['direction'] },
): void {
  const last = cells.at(-1)
  if (last !== undefined) grid.text(last[0], last[1], direction === 'DOWN' ? '▼' : '▶', error ? 'red' : undefined)
}
