import type { Node } from 'yaml'
import { MapWriter } from './yaml-writer.ts'

/** A way that led back: the run must not go on as if it had ended well. */
export function failNode(id: string, target: string, condition?: string): Node {
  const map = new MapWriter().set('id', id).set('if', condition)
  return map.set('fail', `This led back to "${target}": write it as a loop or a graph`).node
}
