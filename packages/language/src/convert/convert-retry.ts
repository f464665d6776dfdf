import type { Node } from 'yaml'
import { child, entriesOf, numberOf, type Tree, textOf } from '../tree.ts'
import { plainNode, type ValueConverter } from './convert-value.ts'
import { durationText } from './go-duration.ts'
import type { Remarks } from './remarks.ts'
import type { SourceScope } from './scope-of-source.ts'
import { MapWriter } from './yaml-writer.ts'

const WORDS: { readonly [word: string]: 'attempts' | 'initial' | 'max' | 'factor' | 'types' } = {
  max_attempts: 'attempts',
  maximum_attempts: 'attempts',
  backoff_initial: 'initial',
  initial_interval: 'initial',
  backoff_max: 'max',
  maximum_interval: 'max',
  backoff_factor: 'factor',
  backoff_coefficient: 'factor',
  non_retryable_error_types: 'types',
}

/** How often and when an attempt is repeated: `retries`, or a policy under one of its two sets of words. */
export function retryNode(retries: Tree | undefined, policy: Tree | undefined, remarks: Remarks): Node | undefined {
  const retry = new MapWriter()
  const number = numberOf(retries)
  if (number !== undefined) retry.set('max_attempts', number + 1, undefined)
  for (const entry of entriesOf(policy)) {
    const { key, value } = entry
    switch (WORDS[key]) {
      case 'attempts':
        if (!retry.has('max_attempts')) retry.set('max_attempts', Math.max(1, numberOf(value) ?? 1), entry)
        break
      case 'initial':
        retry.set('initial_delay', duration(value, remarks), entry)
        break
      case 'max':
        retry.set('max_delay', duration(value, remarks), entry)
        break
      case 'factor': {
        const factor = numberOf(value) ?? 2
        retry.set('backoff', factor === 1 ? 'none' : 'exponential', entry)
        if (factor !== 1 && factor !== 2)
          remarks.decide(value, `Delays grow by the factor 2 at each attempt, not by ${factor}.`)
        break
      }
      case 'types':
        retry.set('except', plainNode(value), entry)
        remarks.decide(value, '`except` names codes of errors: look whether the types that stand there are some.')
        break
      default:
        remarks.decide(value, `"${key}" of a retry was left out.`)
    }
  }
  return retry.empty ? undefined : retry.node
}

/** A duration in our words; what cannot be read is told of and left out. */
export function duration(tree: Tree | undefined, remarks: Remarks): string | undefined {
  if (tree === undefined) return undefined
  const text = textOf(tree) ?? String(numberOf(tree) ?? '')
  const found = durationText(text)
  if (found === undefined)
    remarks.decide(tree, `"${text}" is no fixed duration and was left out: write one such as 30s or 5m.`)
  return found
}

/** A duration where a template may give it. */
export function timeNode(
  tree: Tree,
  { values, remarks }: { readonly values: ValueConverter; readonly remarks: Remarks },
  scope: SourceScope,
): Node | string | undefined {
  return (textOf(tree) ?? '').includes('{{') ? values.value(tree, scope) : duration(tree, remarks)
}

/** The policy of a task, a workflow or a project, wherever it stands. */
export function policyOf(tree: Tree): Tree | undefined {
  return (
    child(tree, 'retry_policy') ??
    child(child(tree, 'config'), 'retry_policy') ??
    child(child(tree, 'on_error'), 'retry_policy') ??
    child(child(tree, 'opts'), 'retry_policy')
  )
}
