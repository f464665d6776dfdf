import type { OutlineItem } from '@wonder/engine'

/** The tasks as they were written, indented by the groups around them. */
export function outlineLines(items: readonly OutlineItem[], depth = 0): readonly string[] {
  return items.flatMap((item) => [
    `${'  '.repeat(depth)}${item.name ?? item.id}  (${item.kind})`,
    ...outlineLines(item.children ?? [], depth + 1),
  ])
}

/** The same for programs: id, kind, name and children. */
export function outlineObject({ id, kind, name, children }: OutlineItem): object {
  return {
    id,
    kind,
    ...(name === undefined ? {} : { name }),
    ...(children === undefined ? {} : { children: children.map(outlineObject) }),
  }
}
