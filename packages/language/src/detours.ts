import { child, itemsOf, type MapTree, type Tree, textOf } from './tree.ts'

/** Fields that say what follows when a task failed or ran out of time. */
const answers = ['on_error', 'on_timeout', 'on_expiry'] as const

/** The ids that a task leads to when it failed or ran out of time. */
export function detoursOf(tree: MapTree): readonly Tree[] {
  return answers.flatMap((name) => child(child(tree, name), 'next') ?? [])
}

/** May a task end without having done what it is for, and the run go on behind it? */
export function mayBePassedOver(tree: MapTree): boolean {
  return answers.some((name) => {
    const answer = child(tree, name)
    return answer?.kind === 'list' ? !closes(answer) : textOf(answer) === 'continue'
  })
}

/** Does a list of tasks always end the run? */
function closes(list: Tree): boolean {
  const last = itemsOf(list).at(-1)
  return (child(last, 'end') ?? child(last, 'fail')) !== undefined && child(last, 'if') === undefined
}

/** Has a task a way on after a failure, or after its time? */
export function hasDetour(tree: MapTree): boolean {
  return mayBePassedOver(tree) || detoursOf(tree).length > 0
}
