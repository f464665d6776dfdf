import type { Drawing, Point } from './drawing.ts'
import type { DrawingScale } from './drawing-scale.ts'

/** Drawings one below the other, as one. Each is moved so that nothing of it lies below 0. */
export function stackDrawings(parts: readonly Drawing[], scale: DrawingScale): Drawing {
  const gap = scale.cells ? 1 : scale.spacing.layers
  let top = 0
  let width = 0
  const moved = parts.map((part) => {
    const points = [...part.lines.flatMap((line) => line.points), ...part.boxes, ...part.clusters, ...part.labels]
    const left = Math.min(0, ...points.map(({ x }) => Math.floor(x)))
    // Lines of cells are drawn one cell before a bend: room for it above the first layer.
    const above = Math.min(0, ...part.lines.flatMap((line) => line.points.map(({ y }) => Math.floor(y) - 1)))
    const right = Math.max(part.width, ...part.lines.flatMap((line) => line.points.map(({ x }) => x + 1)))
    const bottom = Math.max(part.height, ...part.lines.flatMap((line) => line.points.map(({ y }) => y + 1)))
    const at = moveBy(-left, top - above)
    top += Math.ceil(bottom) - above + gap
    width = Math.max(width, Math.ceil(right) - left)
    return {
      boxes: part.boxes.map(at),
      clusters: part.clusters.map(at),
      points: part.points.map(at),
      labels: part.labels.map(at),
      lines: part.lines.map((line) => ({ ...line, points: line.points.map(at) })),
    }
  })
  return {
    direction: scale.direction,
    width,
    height: Math.max(0, top - gap),
    boxes: moved.flatMap(({ boxes }) => boxes),
    clusters: moved.flatMap(({ clusters }) => clusters),
    points: moved.flatMap(({ points }) => points),
    labels: moved.flatMap(({ labels }) => labels),
    lines: moved.flatMap(({ lines }) => lines),
  }
}

function moveBy(x: number, y: number) {
  return <T extends Point>(thing: T): T => ({ ...thing, x: thing.x + x, y: thing.y + y })
}
