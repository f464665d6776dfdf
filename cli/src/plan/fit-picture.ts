import type { Drawing } from './drawing.ts'
import type { Layout } from './layout.ts'
import { pixelScale } from './pixel-scale.ts'
import type { PlanGraph } from './plan-graph.ts'
import type { MeasureText } from './wrap-text.ts'

/** The page that a picture is best seen on. */
const PAGE = { width: 1100, height: 1500 }

/** The graph in pixels, from top to bottom or from left to right: whichever needs less to be scaled down to a page. */
export async function fitPicture(graph: PlanGraph, layout: Layout, columns: MeasureText): Promise<Drawing> {
  const down = await layout(graph, pixelScale('DOWN', columns))
  const right = await layout(graph, pixelScale('RIGHT', columns))
  return excess(right) < excess(down) ? right : down
}

function excess({ width, height }: Drawing): number {
  return Math.max(1, width / PAGE.width, height / PAGE.height)
}
