import type { Paint } from '../paint.ts'
import type { Layout } from './layout.ts'
import type { PlanGraph } from './plan-graph.ts'
import { terminalDrawing } from './terminal-drawing.ts'
import { type TerminalFit, terminalScale } from './terminal-scale.ts'
import type { MeasureText } from './wrap-text.ts'

/** More boxes than this are no drawing that anybody reads in a terminal. */
const MOST_BOXES = 120

/** From left to right where it fits, else from top to bottom; the fewer words a box has, the narrower it is. */
const fits: readonly TerminalFit[] = [
  { direction: 'RIGHT', text: 28, details: true },
  { direction: 'RIGHT', text: 18, details: true },
  { direction: 'DOWN', text: 32, details: true },
  { direction: 'DOWN', text: 22, details: true },
  { direction: 'DOWN', text: 16, details: true },
  { direction: 'DOWN', text: 12, details: true },
  { direction: 'RIGHT', text: 12, details: false },
  { direction: 'DOWN', text: 12, details: false },
]

/** The graph drawn no wider than `width` columns; undefined when it is too large for that. */
export async function fitTerminal(
  graph: PlanGraph,
  layout: Layout,
  { width, measure, paint }: { readonly width: number; readonly measure: MeasureText; readonly paint: Paint },
): Promise<readonly string[] | undefined> {
  if (graph.nodes.length > MOST_BOXES) return undefined
  const hopeless = new Set<string>()
  for (const fit of fits) {
    if (hopeless.has(fit.direction)) continue
    const drawing = await layout(graph, terminalScale(fit, measure))
    if (drawing.width <= width) return terminalDrawing(drawing, measure, paint)
    // Shorter words make a drawing half as wide at best: to try them all would only take time.
    if (drawing.width > width * 3) hopeless.add(fit.direction)
  }
  return undefined
}
