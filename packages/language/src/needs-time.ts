import type { Problems } from './problems.ts'
import { entryOf, type Tree } from './tree.ts'

/** `on_timeout` means nothing without `timeout`: tells of the one that stands without the other. */
export function needsTime(
  tree: Tree,
  { answer, time }: { readonly answer: string; readonly time: string },
  problems: Problems,
): void {
  const entry = entryOf(tree, answer)
  if (entry === undefined || entryOf(tree, time) !== undefined) return
  problems.add({
    code: 'field_not_here',
    message: `"${answer}" has no meaning without "${time}"`,
    at: { file: tree.file, span: entry.keySpan },
    help: `Add ${time}: 1h, or another time.`,
  })
}
