import { cel, count, duration, id, type ObjectShape, type Shape, text, whole, words } from '../shape.ts'
import { each } from './task-shape.ts'

const yes: Shape = { is: 'boolean' }

const joinShape: ObjectShape = {
  is: 'object',
  name: 'join',
  short: 'group',
  fields: {
    group: { shape: id, doc: 'The group whose branches come together here.', required: true },
    all: { shape: yes, doc: 'Waits for every branch; the default.' },
    ended: { shape: yes, doc: 'Waits until nothing of any branch is under way, however it has split and gone round.' },
    any: { shape: yes, doc: 'Goes on with the first branch that arrives.' },
    quorum: { shape: count, doc: 'Goes on when so many branches have arrived.' },
    merge: {
      shape: words('append', 'collect', 'merge_object', 'keyed_by_branch', 'last_wins'),
      doc: 'How the outputs become one. Default collect; keyed_by_branch for branches that differ.',
    },
    strategy: {
      shape: words('wait_all', 'fail_fast', 'best_effort', 'race'),
      doc: 'What failures of branches mean to a join of all. Default wait_all.',
    },
    timeout: { shape: duration, doc: 'Longest wait after the first branch has arrived.' },
    on_timeout: {
      shape: words('fail', 'proceed'),
      doc: 'What happens then. Default fail; proceed goes on with what is there.',
    },
    rest: {
      shape: words('cancel', 'continue'),
      doc: 'What becomes of branches that have not ended when the last join of the group goes on. Default cancel.',
    },
  },
  habits: {
    sibling_group: 'group',
    of: 'group',
    m_of_n: 'quorum',
    count: 'quorum',
    first: 'any: true',
    reduce: 'merge',
  },
}

/** A way of a graph from one node to another. */
export const transitionShape: ObjectShape = {
  is: 'object',
  name: 'a transition',
  fields: {
    from: { shape: id, doc: 'The node that it leaves.', required: true },
    to: { shape: id, doc: 'The node that it leads to.', required: true },
    if: { shape: { is: 'either', of: [cel, yes] }, doc: 'CEL; false: it is not taken.' },
    priority: {
      shape: { is: 'number', integer: true },
      doc: 'Of a node’s transitions those of the lowest priority with a match are taken, all of them. Default 0.',
    },
    group: { shape: id, doc: 'What is taken together under this name are branches that a join brings together again.' },
    each: { shape: each, doc: 'A branch for each item.' },
    spawn: { shape: { is: 'either', of: [whole, text] }, doc: 'So many branches.' },
    max_workers: { shape: count, doc: 'Most branches of the group at a time.' },
    join: { shape: joinShape, doc: 'Waits for the branches of a group.' },
    max_iterations: { shape: count, doc: 'How often it may be taken, for a cycle.' },
  },
  habits: {
    source: 'from',
    target: 'to',
    from_node: 'from',
    to_node: 'to',
    when: 'if',
    condition: 'if',
    on: 'if, or `on_error: { next: … }` of the node',
    foreach: 'each: { in: $ }',
    for_each: 'each: { in: $ }',
    count: 'spawn',
    spawn_count: 'spawn',
    sibling_group: 'group',
    synchronization: 'join',
    sync: 'join',
    loop_config: 'max_iterations',
    max: 'max_iterations',
  },
}
