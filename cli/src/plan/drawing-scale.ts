import type { Direction } from './drawing.ts'
import type { MeasureText } from './wrap-text.ts'

/** What a unit of the drawing is, and how much room things take in it. */
export type DrawingScale = {
  readonly direction: Direction
  /** Widths of texts: of names, and of everything smaller. */
  readonly name: MeasureText
  readonly small: MeasureText
  readonly lineHeight: number
  /** Widest text in a box, on an edge and in a title; most lines of a name. */
  readonly boxText: number
  readonly labelText: number
  readonly titleText: number
  readonly nameLines: number
  /** With kind and condition below the name, or the name alone. */
  readonly details: boolean
  /** Between the border of a box and its text, both sides together. */
  readonly boxRoom: { readonly x: number; readonly y: number }
  readonly labelRoom: { readonly x: number; readonly y: number }
  readonly titleRoom: number
  readonly clusterPadding: { readonly top: number; readonly side: number; readonly bottom: number }
  readonly point: { readonly width: number; readonly height: number }
  /** Whole numbers of cells, odd widths: lines meet boxes in the middle of a cell. */
  readonly cells: boolean
  readonly spacing: {
    readonly nodes: number
    readonly edges: number
    readonly layers: number
    readonly edgeToLayer: number
    readonly edgesBetweenLayers: number
  }
}
