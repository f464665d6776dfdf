import type { Json } from '@wonder/engine'
import { Document, isCollection, isNode, isScalar, type Node, Pair, Scalar, stringify, YAMLMap, YAMLSeq } from 'yaml'
import type { Entry, Tree } from '../tree.ts'
import { type Comments, commentsAround } from './comments.ts'

/** What can be written: YAML that was made already, or a value. */
export type Written = Node | Json

/** A map in the order in which it is written. Comments come from the part of the source that an entry was made of. */
export class MapWriter {
  readonly node = new YAMLMap<Scalar<string>, Node>()

  /** Undefined values are left out. */
  set(key: string, value: Written | undefined, from?: Entry): this {
    if (value === undefined) return this
    const pair = new Pair(new Scalar(key), nodeOf(value))
    if (from !== undefined) comment(pair, entryComments(from))
    this.node.items.push(pair)
    return this
  }

  has(key: string): boolean {
    return this.node.has(key)
  }

  get empty(): boolean {
    return this.node.items.length === 0
  }
}

export function nodeOf(value: Written): Node {
  if (isNode(value)) return value
  const node = new Document(value).contents
  return node ?? new Scalar(null)
}

export function listOf(items: readonly Written[], flow = false): YAMLSeq {
  const list = new YAMLSeq()
  list.items = items.map(nodeOf)
  list.flow = flow
  return list
}

/** A comment line above a node. */
export function above(node: Node, text: string | undefined): Node {
  if (text === undefined || text === '') return node
  node.commentBefore = node.commentBefore ? `${text}\n${node.commentBefore}` : text
  return node
}

/** The text of a file. */
export function yamlText(contents: Node, head?: string): string {
  const document = new Document<Node, false>(undefined)
  document.contents = contents
  if (head !== undefined) document.commentBefore = head
  return stringify(document, { lineWidth: 0, flowCollectionPadding: true })
}

function entryComments({ keySpan, value }: Entry): Comments {
  const key = { file: value.file, span: keySpan }
  // Behind a list or a map a comment belongs to its last part.
  return commentsAround(key, value.kind === 'scalar' ? value : { ...key, span: colon(key.span.end) })
}

function colon(end: number) {
  return { start: end, end: end + 1 }
}

function comment(pair: Pair<Scalar<string>, Node>, { above: before, beside }: Comments): void {
  if (before !== undefined) pair.key.commentBefore = before
  if (beside === undefined || pair.value === null) return
  if (isScalar(pair.value) && !String(pair.value.value).includes('\n')) pair.value.comment = beside
  else if (isCollection(pair.value)) pair.key.commentBefore = before === undefined ? beside : `${before}\n${beside}`
}

/** The comment above an item of a list. */
export function itemComment(tree: Tree): string | undefined {
  return commentsAround(tree, tree).above
}
