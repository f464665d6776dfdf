import type { Drawing, DrawnLine, Point } from './drawing.ts'
import { svgStyle } from './svg-style.ts'
import { xmlText } from './xml-text.ts'

const MARGIN = 24
const CORNER = 7

export type SvgHead = { readonly title: string; readonly description: string }

/** A drawing in pixels as an SVG that needs nothing else: no fonts, no scripts, light and dark. */
export function svgDrawing(drawing: Drawing, { title, description }: SvgHead): string {
  const [width, height] = [drawing.width, drawing.height].map((size) => Math.ceil(size) + 2 * MARGIN)
  const content = [
    ...drawing.clusters.map(clusterSvg),
    ...drawing.lines.map((line) => lineSvg(line, drawing.direction)),
    ...drawing.clusters.map(titleSvg),
    ...drawing.labels.map(labelSvg),
    ...drawing.boxes.map(boxSvg),
    ...drawing.points.map(pointSvg),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" class="plan" role="img" aria-labelledby="title description" \
width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title id="title">${xmlText(title)}</title>
<desc id="description">${xmlText(description)}</desc>
<style>${svgStyle}</style>
<rect class="paper" width="${width}" height="${height}"/>
<g transform="translate(${MARGIN} ${MARGIN})">
${content.join('\n')}
</g>
</svg>
`
}

function clusterSvg({ x, y, width, height, group }: Drawing['clusters'][number]): string {
  return `<g class="group"><title>${xmlText(group.id)}</title><rect ${place({ x, y, width, height })} rx="12"/></g>`
}

/** Above the lines: one may come in from above where the title stands. */
function titleSvg({ x, y, title }: Drawing['clusters'][number]): string {
  const detail = title.detail === '' ? '' : `<tspan class="detail"> · ${xmlText(title.detail)}</tspan>`
  return `<text class="title" x="${number(x + 16)}" y="${number(y + 23)}">${xmlText(title.name)}${detail}</text>`
}

function boxSvg({ x, y, width, height, node, lines }: Drawing['boxes'][number]): string {
  const kind = node.kind.replace(/[^a-z]/g, '')
  const top = y + (height - lines.length * 19) / 2
  const texts = lines.map(({ text, role }, index) => {
    const baseline = number(top + index * 19 + 14)
    return `<text class="${role}" x="${number(x + 18)}" y="${baseline}">${xmlText(text)}</text>`
  })
  return `<g class="box kind-${kind}"><title>${xmlText(node.id)}</title>\
<rect ${place({ x, y, width, height })} rx="8"/>\
<rect class="mark" ${place({ x: x + 7, y: y + 9, width: 3, height: height - 18 })} rx="1.5"/>${texts.join('')}</g>`
}

function labelSvg({ x, y, width, height, text, error }: Drawing['labels'][number]): string {
  return `<g class="label${error ? ' error' : ''}"><rect ${place({ x, y, width, height })} rx="${number(height / 2)}"/>\
<text x="${number(x + width / 2)}" y="${number(y + height / 2 + 4)}" text-anchor="middle">${xmlText(text)}</text></g>`
}

function pointSvg({ x, y, width, height, kind }: Drawing['points'][number]): string {
  return `<circle class="${kind}" cx="${number(x + width / 2)}" cy="${number(y + height / 2)}" r="${width / 2 - 1}"/>`
}

function lineSvg({ points, error, arrow }: DrawnLine, direction: Drawing['direction']): string {
  const end = points.at(-1)
  const look = error ? ' error' : ''
  const head = arrow && end !== undefined ? `<path class="head${look}" d="${headPath(end, direction)}"/>` : ''
  return `<path class="line${look}" d="${roundedPath(points)}"/>${head}`
}

function headPath({ x, y }: Point, direction: Drawing['direction']): string {
  const [a, b] =
    direction === 'DOWN'
      ? [`${number(x - 4.5)} ${number(y - 8)}`, `${number(x + 4.5)} ${number(y - 8)}`]
      : [`${number(x - 8)} ${number(y - 4.5)}`, `${number(x - 8)} ${number(y + 4.5)}`]
  return `M${a}L${number(x)} ${number(y)}L${b}Z`
}

/** Straight pieces with round corners. */
function roundedPath(points: readonly Point[]): string {
  const pieces = points.map((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]]
    if (before === undefined) return `M${spot(point)}`
    if (after === undefined) return `L${spot(point)}`
    return `L${spot(towards(point, before))}Q${spot(point)} ${spot(towards(point, after))}`
  })
  return pieces.join('')
}

/** A point on the way from a corner, half of the way at most. */
function towards(corner: Point, to: Point): Point {
  const length = Math.hypot(to.x - corner.x, to.y - corner.y)
  const share = length === 0 ? 0 : Math.min(CORNER, length / 2) / length
  return { x: corner.x + (to.x - corner.x) * share, y: corner.y + (to.y - corner.y) * share }
}

function place(at: {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}): string {
  return `x="${number(at.x)}" y="${number(at.y)}" width="${number(at.width)}" height="${number(at.height)}"`
}

function spot({ x, y }: Point): string {
  return `${number(x)} ${number(y)}`
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10)
}
