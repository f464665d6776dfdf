import type { Json, Merge } from '../src/index.ts'

/** What has become of a branch by the time that a join of its fan-out is decided. */
export type BranchTale = {
  /** What `keyed_by_branch` calls it. */
  readonly key: string
  readonly item: Json
  /** What its first token brought to this join: one value, or none where no token came. */
  readonly brought: readonly Json[]
  /** The code of what it failed with; null: it did not fail. A branch may fail after it has come. */
  readonly failed: string | null
}

export type Joined = { readonly status: 'completed' | 'failed'; readonly error: string | null }

/** The value of a join, told by what has become of its branches, in the order of their numbers. */
export function valueOfJoin({ status, error }: Joined, merge: Merge, branches: readonly BranchTale[]): Json {
  const failed = branches.flatMap((one, index) =>
    one.failed === null ? [] : [{ index, item: one.item, error: one.failed }],
  )
  const came = branches.filter(({ brought }) => brought.length > 0)
  const neither = branches.filter((one) => one.brought.length === 0 && one.failed === null)
  return {
    status,
    ...(error === null ? {} : { error }),
    output: merged(merge, branches),
    failed,
    stats: { total: branches.length, succeeded: came.length, failed: failed.length, skipped: neither.length },
  }
}

function merged(merge: Merge, branches: readonly BranchTale[]): Json {
  const values = branches.flatMap(({ brought }) => brought)
  switch (merge) {
    case 'collect':
      return branches.map(({ brought: [value = null] }) => value)
    case 'keyed_by_branch':
      return Object.fromEntries(branches.map(({ key, brought: [value = null] }) => [key, value]))
    case 'append':
      return values.every((value) => Array.isArray(value)) ? values.flat(1) : values
    case 'merge_object':
      return Object.assign({}, ...values.filter((value) => typeof value === 'object' && !Array.isArray(value)))
    case 'last_wins':
      return values.length === 0 ? {} : (values.at(-1) ?? null)
  }
}
