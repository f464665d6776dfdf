import type { BudgetDef } from '@wonder/engine'
import { parseDuration } from './duration.ts'
import { entriesOf, numberOf, type Tree, textOf } from './tree.ts'

/** A budget as it was written and checked: durations become milliseconds. */
export function readBudget(tree: Tree | undefined): BudgetDef {
  return Object.fromEntries(
    entriesOf(tree).flatMap(({ key, value }) => {
      const amount = numberOf(value) ?? parseDuration(textOf(value) ?? '')
      return amount === undefined ? [] : [[key, amount]]
    }),
  )
}
