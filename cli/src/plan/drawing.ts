import type { PlanGroup, PlanNode } from './plan-graph.ts'

export type Point = { readonly x: number; readonly y: number }
export type Rectangle = Point & { readonly width: number; readonly height: number }
export type Direction = 'DOWN' | 'RIGHT'

/** A line of text in a box, by what it says. */
export type BoxLine = { readonly text: string; readonly role: 'name' | 'kind' | 'condition' }

/** A graph with every place decided. Units are the scale's: cells of a terminal, or pixels. Nothing lies below 0. */
export type Drawing = {
  readonly direction: Direction
  readonly width: number
  readonly height: number
  readonly boxes: readonly (Rectangle & { readonly node: PlanNode; readonly lines: readonly BoxLine[] })[]
  /** Outer groups before those inside them. */
  readonly clusters: readonly (Rectangle & { readonly group: PlanGroup; readonly title: ClusterTitle })[]
  /** Small points: where the run begins, and ways through a group past all its tasks. */
  readonly points: readonly (Rectangle & { readonly kind: 'start' | 'pass' })[]
  readonly lines: readonly DrawnLine[]
  readonly labels: readonly (Rectangle & { readonly text: string; readonly error: boolean })[]
}

export type ClusterTitle = { readonly name: string; readonly detail: string }

export type DrawnLine = {
  readonly points: readonly Point[]
  /** `border`: it begins inside a group, at the group's own border. */
  readonly from: 'box' | 'border'
  readonly error: boolean
  /** Ends with an arrow; without one it ends at a group's border from inside. */
  readonly arrow: boolean
}
