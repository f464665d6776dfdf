import type { Group } from './graph.ts'
import { needsTime } from './needs-time.ts'
import type { Problems } from './problems.ts'
import { child, entryOf, numberOf, type Tree, textOf } from './tree.ts'

/** all, ended, any or a quorum; and a strategy only for all and ended. */
export function checkRequirement(tree: Tree, group: Group, problems: Problems): void {
  const asked = ['all', 'ended', 'any', 'quorum'].flatMap((key) => {
    const entry = entryOf(tree, key)
    return entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === false) ? [] : [entry]
  })
  const [, second] = asked
  if (second !== undefined) {
    const message = `a join waits for ${asked.map(({ key }) => key).join(' or ')}, not for more than one of them`
    problems.add({
      code: 'field_not_here',
      message,
      at: { file: tree.file, span: second.keySpan },
      help: 'Keep one.',
    })
  }
  const strategy = entryOf(tree, 'strategy')
  if (strategy !== undefined && asked.some(({ key }) => key === 'any' || key === 'quorum')) {
    problems.add({
      code: 'field_not_here',
      message: `"strategy" has no meaning on a join that waits for ${asked[0]?.key === 'any' ? 'any branch' : 'a quorum'}`,
      at: { file: tree.file, span: strategy.keySpan },
      help: 'Failed branches do not arrive; the join fails when too few can.',
    })
  }
  needsTime(tree, { answer: 'on_timeout', time: 'timeout' }, problems)
  const quorum = child(tree, 'quorum')
  const most = mostBranches(group)
  if (quorum !== undefined && most !== undefined && (numberOf(quorum) ?? 0) > most) {
    problems.add({
      code: 'join_never_completes',
      message: `it waits for ${manyBranches(numberOf(quorum) ?? 0)}, and the group "${group.name}" has ${most}`,
      at: quorum,
      help: most === 0 ? 'A join of nothing goes on at once: leave "quorum" out.' : `Write ${most} or less.`,
    })
  }
}

function manyBranches(count: number): string {
  return count === 1 ? '1 branch' : `${count} branches`
}

/** How many branches a group has at most, where the file tells. */
function mostBranches({ edges }: Group): number | undefined {
  let most = 0
  for (const { tree } of edges) {
    const each = child(tree, 'each')
    const spawn = child(tree, 'spawn')
    const list = child(each, 'in')
    const range = /^\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*$/.exec(textOf(list) ?? '')
    const items =
      list?.kind === 'list'
        ? list.items.length
        : range === null
          ? undefined
          : Math.abs(Number(range[2]) - Number(range[1])) + 1
    const count = each !== undefined ? items : spawn === undefined ? 1 : numberOf(spawn)
    if (count === undefined) return undefined
    most += count
  }
  return most
}

/** Does a `join` say more than its group? */
export function saysMore(tree: Tree): boolean {
  return tree.kind === 'map' && tree.entries.some(({ key }) => key !== 'group')
}

/** What it says of waiting and merging, to compare. */
export function said(tree: Tree): string {
  const part = (key: string) => textOf(child(tree, key)) ?? numberOf(child(tree, key)) ?? entryOf(tree, key)?.key
  return JSON.stringify(
    ['ended', 'any', 'quorum', 'merge', 'strategy', 'timeout', 'on_timeout', 'rest'].map((key) => part(key) ?? null),
  )
}
