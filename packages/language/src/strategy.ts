import type { Strategy } from '@wonder/engine'
import type { Task } from './task.ts'
import { child, textOf } from './tree.ts'

/** What failures of its branches mean to each or parallel. */
export function strategyOf(task: Task): Strategy {
  const word = textOf(child(task.tree, 'strategy'))
  return word === 'fail_fast' || word === 'best_effort' || word === 'race' ? word : 'wait_all'
}
