import type { Paint, Style } from '../paint.ts'
import type { MeasureText } from './wrap-text.ts'

/** Where a line leaves a cell: a set of bits. */
export const side = { north: 1, east: 2, south: 4, west: 8 } as const

type Cell = { text: string; style: Style | undefined; ways: number; dashed: boolean }

/** By ways out of a cell: ends, straight lines, rounded corners, meetings. */
const strokes = [' ', '╵', '╶', '╰', '╷', '│', '╭', '├', '╴', '╯', '─', '┴', '╮', '┤', '┬', '┼']

/** A drawing of characters. Lines that meet are joined; texts lie over lines; what is outside is left out. */
export class CellGrid {
  readonly width: number
  readonly height: number
  readonly #cells: Cell[][]
  readonly #measure: MeasureText

  constructor(width: number, height: number, measure: MeasureText) {
    this.width = width
    this.height = height
    this.#measure = measure
    this.#cells = Array.from({ length: height }, () =>
      Array.from({ length: width }, () => ({ text: '', style: undefined, ways: 0, dashed: false })),
    )
  }

  /** A straight line between two cells, both included; the ends are open towards each other only. */
  line(from: readonly [x: number, y: number], to: readonly [x: number, y: number], look: Look = {}): void {
    const [dx, dy] = [Math.sign(to[0] - from[0]), Math.sign(to[1] - from[1])]
    const forth = dx > 0 ? side.east : dx < 0 ? side.west : dy > 0 ? side.south : side.north
    const back = dx > 0 ? side.west : dx < 0 ? side.east : dy > 0 ? side.north : side.south
    let [x, y] = from
    while (x !== to[0] || y !== to[1]) {
      this.#join(x, y, forth, look)
      x += dx
      y += dy
      this.#join(x, y, back, look)
    }
  }

  /** Opens a cell towards a side, so that what is drawn there meets a line that ends beside it. */
  open(x: number, y: number, towards: number, look: Look = {}): void {
    this.#join(x, y, towards, look)
  }

  rectangle(
    at: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
    look: Look,
  ) {
    const [right, bottom] = [at.x + at.width - 1, at.y + at.height - 1]
    this.line([at.x, at.y], [right, at.y], look)
    this.line([right, at.y], [right, bottom], look)
    this.line([right, bottom], [at.x, bottom], look)
    this.line([at.x, bottom], [at.x, at.y], look)
  }

  /** Empties what lies inside. */
  clear(at: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): void {
    for (let y = at.y; y < at.y + at.height; y += 1) {
      for (let x = at.x; x < at.x + at.width; x += 1) {
        const cell = this.#cells[y]?.[x]
        if (cell !== undefined) Object.assign(cell, { text: '', style: undefined, ways: 0, dashed: false })
      }
    }
  }

  /** A text over whatever is there. A character of two columns takes two cells. */
  text(x: number, y: number, text: string, style?: Style): void {
    let column = x
    for (const { segment } of segmenter.segment(text)) {
      const width = Math.max(1, this.#measure(segment))
      if (column + width > this.width) return
      for (let i = 0; i < width; i += 1) {
        const cell = this.#cells[y]?.[column + i]
        if (cell !== undefined) Object.assign(cell, { text: i === 0 ? segment : '\0', style, ways: 0 })
      }
      column += width
    }
  }

  /**
   * The drawing as text, without empty rows at its ends. `tight`: of rows that follow each other and have only lines
   * straight down, one is kept.
   */
  lines(paint: Paint, { tight }: { readonly tight: boolean }): readonly string[] {
    const filled = (row: readonly Cell[]) => row.some((cell) => charOf(cell) !== ' ')
    const rows = this.#cells.slice(this.#cells.findIndex(filled), this.#cells.findLastIndex(filled) + 1)
    const kept = tight ? rows.filter((row, index) => !isPassing(row) || !isPassing(rows[index - 1])) : rows
    return kept.map((row) => {
      let line = ''
      let run = ''
      let style: Style | undefined
      const flush = () => {
        line += style === undefined || run.trim() === '' ? run : paint(style, run)
        run = ''
      }
      const last = row.findLastIndex((cell) => charOf(cell) !== ' ')
      for (const cell of row.slice(0, last + 1)) {
        if (cell.text === '\0') continue
        if (cell.style !== style) {
          flush()
          style = cell.style
        }
        run += charOf(cell)
      }
      flush()
      return line
    })
  }

  #join(x: number, y: number, towards: number, look: Look): void {
    const cell = this.#cells[y]?.[x]
    if (cell === undefined || cell.text !== '') return
    // A line that meets another one takes over its look where it is the plainer one.
    cell.dashed = cell.ways === 0 ? look.dashed === true : cell.dashed && look.dashed === true
    cell.style = cell.ways === 0 ? look.style : cell.style === look.style ? cell.style : undefined
    cell.ways |= towards
  }
}

/** Does the row lead straight down, and nothing else? */
function isPassing(row: readonly Cell[] | undefined): boolean {
  return row?.every(({ text, ways }) => text === '' && (ways === 0 || ways === (side.north | side.south))) === true
}

export type Look = { readonly style?: Style; readonly dashed?: boolean }

function charOf({ text, ways, dashed }: Cell): string {
  if (text !== '') return text
  if (dashed && ways === (side.north | side.south)) return '╎'
  if (dashed && ways === (side.east | side.west)) return '╌'
  return strokes[ways] ?? ' '
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
