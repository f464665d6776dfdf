import type { Direction } from './drawing.ts'
import type { DrawingScale } from './drawing-scale.ts'
import type { MeasureText } from './wrap-text.ts'

export type TerminalFit = {
  readonly direction: Direction
  /** Most columns of a text in a box. */
  readonly text: number
  readonly details: boolean
}

/** Cells of a terminal. A cell is about twice as high as wide, so room is given by axis. */
export function terminalScale({ direction, text, details }: TerminalFit, measure: MeasureText): DrawingScale {
  const down = direction === 'DOWN'
  return {
    direction,
    name: measure,
    small: measure,
    lineHeight: 1,
    boxText: text,
    labelText: text + 6,
    titleText: Math.floor(text * 2.5),
    nameLines: 2,
    details,
    boxRoom: { x: 4, y: 2 },
    // Beside a line that goes down, above one that goes right.
    labelRoom: { x: 2, y: down ? 0 : 1 },
    titleRoom: 6,
    clusterPadding: down ? { top: 2, side: 2, bottom: 2 } : { top: 1, side: 2, bottom: 1 },
    point: { width: down ? 3 : 1, height: 1 },
    cells: true,
    spacing: down
      ? { nodes: 2, edges: 2, layers: 1, edgeToLayer: 1, edgesBetweenLayers: 1 }
      : { nodes: 0, edges: 1, layers: 3, edgeToLayer: 2, edgesBetweenLayers: 2 },
  }
}
