/** A path from the root of the scope. */
export type RootedPath = readonly (string | number)[]

/** What is known before rendering of the place a tag stands in. It mirrors the frames that will be there. */
export type StaticScope = {
  /** Where `this` leads from the root; undefined when only the data tells. */
  readonly path: RootedPath | undefined
  /** The scope of `../`. */
  readonly up: StaticScope | undefined
  /** The scope around, whose block parameters can be seen. */
  readonly outer: StaticScope | undefined
  readonly params: readonly { readonly name: string; readonly path: RootedPath | undefined }[]
  /** Names of `this` that a partial's hash has set, so that they lead nowhere in the root. */
  readonly hidden?: ReadonlySet<string>
  readonly place: 'template' | 'with' | 'each' | 'partial'
}

export const rootScope: StaticScope = { path: [], up: undefined, outer: undefined, params: [], place: 'template' }

export type FoundParam = {
  readonly hops: number
  readonly slot: number
  readonly path: RootedPath | undefined
  readonly place: StaticScope['place']
}

/** The nearest block parameter of that name. */
export function findParam(scope: StaticScope, name: string): FoundParam | undefined {
  let hops = 0
  for (let at: StaticScope | undefined = scope; at !== undefined; at = at.outer) {
    const slot = at.params.findIndex((param) => param.name === name)
    const param = at.params[slot]
    if (param !== undefined) return { hops, slot, path: param.path, place: at.place }
    hops += 1
  }
  return undefined
}

export function scopeAbove(scope: StaticScope, up: number): StaticScope | undefined {
  let at: StaticScope | undefined = scope
  for (let level = 0; level < up && at !== undefined; level++) at = at.up
  return at
}

/** Is an `{{#each}}` around, or may one be around the partial that this is? */
export function mayLoop(scope: StaticScope): boolean {
  for (let at: StaticScope | undefined = scope; at !== undefined; at = at.outer) {
    if (at.place === 'each' || at.place === 'partial') return true
  }
  return false
}

/** Does the whole text stand here, outside of every block and partial? */
export function isRoot(scope: StaticScope): boolean {
  return scope === rootScope
}
