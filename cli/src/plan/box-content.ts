import type { BoxLine, ClusterTitle } from './drawing.ts'
import type { DrawingScale } from './drawing-scale.ts'
import { shortCondition } from './expression-text.ts'
import type { PlanGroup, PlanNode } from './plan-graph.ts'
import { cutText, printable, wrapText } from './wrap-text.ts'

/** What stands in a box: the name, what kind of task it is and with what, and when it is skipped. */
export function boxLines(node: PlanNode, scale: DrawingScale): readonly BoxLine[] {
  const names = wrapText(node.name ?? node.id, { width: scale.boxText, lines: scale.nameLines, measure: scale.name })
  const lines = names.map((text): BoxLine => ({ text, role: 'name' }))
  if (lines.length === 0) lines.push({ text: '…', role: 'name' })
  if (!scale.details) return lines
  const kind = printable([node.kind, node.detail].filter((text) => text !== undefined && text !== '').join(' '))
  lines.push({ text: cutText(kind, scale.boxText, scale.small), role: 'kind' })
  const notes = [
    ...(node.when === undefined ? [] : [`if ${shortCondition(node.when)}`]),
    ...(node.on_error === undefined
      ? []
      : [node.on_error === 'block' ? 'waits for a person after a failure' : 'goes on after a failure']),
    ...(node.approval === true ? ['waits until it is approved'] : []),
  ]
  for (const note of notes) {
    lines.push({ text: cutText(printable(note), scale.boxText, scale.small), role: 'condition' })
  }
  return lines
}

export function boxSize(lines: readonly BoxLine[], scale: DrawingScale): { width: number; height: number } {
  const widths = lines.map(({ text, role }) => (role === 'name' ? scale.name(text) : scale.small(text)))
  const width = Math.max(scale.cells ? 3 : 72, ...widths) + scale.boxRoom.x
  return {
    width: scale.cells && width % 2 === 0 ? width + 1 : Math.ceil(width),
    height: lines.length * scale.lineHeight + scale.boxRoom.y,
  }
}

/** The name of a group, and how it goes: cut so that the title is no wider than `width`. */
export function clusterTitle(group: PlanGroup, scale: DrawingScale, width = scale.titleText): ClusterTitle {
  const lists: { readonly [kind: string]: string } = {
    on_error: 'When the run fails',
    finally: 'Whatever happens',
  }
  const list = lists[group.kind]
  const name = cutText(printable(group.name ?? list ?? group.id), width, scale.name)
  const condition = group.when === undefined ? '' : ` if ${shortCondition(group.when)}`
  const detail = printable(`${group.detail ?? (list === undefined ? group.kind : group.kind)}${condition}`)
  const room = width - scale.name(name) - scale.small(' · ')
  return { name, detail: room < scale.small('each …') ? '' : cutText(detail, room, scale.small) }
}

export function titleWidth({ name, detail }: ClusterTitle, scale: DrawingScale): number {
  return scale.name(name) + (detail === '' ? 0 : scale.small(` · ${detail}`)) + scale.titleRoom
}
