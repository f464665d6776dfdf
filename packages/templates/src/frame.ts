import type { Scope, Value } from './json.ts'
import type { Allowance } from './limits.ts'

/** Reads a value where a template is being rendered. */
export type Read = (frame: Frame) => Value
/** Writes a piece of the text. */
export type Write = (frame: Frame) => string

/** What belongs to one rendering as a whole. */
export type Rendering = { readonly root: Scope; readonly allowance: Allowance }

/** The body of `{{#> layout}}body{{/layout}}`, and the frame it is written in. */
export type PartialBlock = { readonly write: Write; readonly frame: Frame }

export type FrameParts = {
  readonly value: Value
  /** The frame `../` leads to. */
  readonly up: Frame | undefined
  /** The frame of the block around, which block parameters are looked up in. */
  readonly outer: Frame | undefined
  readonly rendering: Rendering
  readonly partialDepth: number
  readonly partialBlock: PartialBlock | undefined
}

/** One context: the template itself, or a block or partial that changes `this`. A loop uses one frame for all its rounds. */
export class Frame {
  value: Value
  readonly up: Frame | undefined
  readonly outer: Frame | undefined
  /** The frame of the nearest `{{#each}}`, partials' callers included. */
  loop: Frame | undefined
  readonly outerLoop: Frame | undefined
  readonly rendering: Rendering
  readonly partialDepth: number
  readonly partialBlock: PartialBlock | undefined
  index = 0
  key: string | number = 0
  last = false
  /** Values that a helper gave to its block's parameters; of other blocks they are `value` and `key`. */
  params: readonly Value[] | undefined

  constructor(parts: FrameParts, loop: Frame | undefined) {
    this.value = parts.value
    this.up = parts.up
    this.outer = parts.outer
    this.rendering = parts.rendering
    this.partialDepth = parts.partialDepth
    this.partialBlock = parts.partialBlock
    this.loop = loop
    this.outerLoop = loop
  }

  static root(root: Scope, allowance: Allowance): Frame {
    const rendering = { root, allowance }
    const parts = { value: root, up: undefined, outer: undefined, rendering, partialDepth: 0, partialBlock: undefined }
    return new Frame(parts, undefined)
  }

  /** A block's frame. `up` is this one, unless the block does not change `this`. */
  inner(value: Value, up: Frame | undefined = this): Frame {
    const { rendering, partialDepth, partialBlock } = this
    return new Frame({ value, up, outer: this, rendering, partialDepth, partialBlock }, this.loop)
  }

  /** The frame of an `{{#each}}`. */
  asLoop(): Frame {
    const frame = this.inner(undefined)
    frame.loop = frame
    return frame
  }

  /** The frame of a partial: nothing of the caller but its loop can be seen. */
  partial(value: Value, partialBlock: PartialBlock | undefined): Frame {
    const partialDepth = this.partialDepth + 1
    this.rendering.allowance.enter(partialDepth)
    return new Frame(
      { value, up: undefined, outer: undefined, rendering: this.rendering, partialDepth, partialBlock },
      this.loop,
    )
  }
}
