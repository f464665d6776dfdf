import type { Direction } from './drawing.ts'
import type { DrawingScale } from './drawing-scale.ts'
import type { MeasureText } from './wrap-text.ts'

const nameSize = 14
const smallSize = 12

/** Pixels. The widths of texts are estimated on the wide side: which font a viewer has is not known. */
export function pixelScale(direction: Direction, columns: MeasureText): DrawingScale {
  const name: MeasureText = (text) => textWidth(text, columns) * nameSize * 1.16
  const small: MeasureText = (text) => textWidth(text, columns) * smallSize * 1.03
  return {
    direction,
    name,
    small,
    lineHeight: 19,
    boxText: 230,
    labelText: 220,
    titleText: 480,
    nameLines: 2,
    details: true,
    boxRoom: { x: 32, y: 20 },
    labelRoom: { x: 12, y: 2 },
    titleRoom: 32,
    clusterPadding: direction === 'DOWN' ? { top: 52, side: 22, bottom: 26 } : { top: 42, side: 30, bottom: 20 },
    point: { width: 12, height: 12 },
    cells: false,
    spacing: { nodes: 26, edges: 16, layers: 34, edgeToLayer: 17, edgesBetweenLayers: 12 },
  }
}

/** In units of the font's size, for a sans-serif font. */
function textWidth(text: string, columns: MeasureText): number {
  let width = 0
  for (const character of text) {
    if (/[iljtfrI.,:;'|!()[\] ]/.test(character)) width += 0.34
    else if (/[mwMW@%]/.test(character)) width += 0.92
    else if (/[A-Z0-9_<>=+{}]/.test(character)) width += 0.66
    else width += columns(character) > 1 ? 1.05 : 0.58
  }
  return width
}
