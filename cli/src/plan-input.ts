import { resolve } from 'node:path'
import type { Json } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import { type CompiledWorkflow, parseInput } from '@wonder/language'

export type PlanInput = {
  /** What is given and what has a default. */
  readonly input: { readonly [name: string]: Json }
  /** Inputs that a run would need beside them. */
  readonly required: readonly string[]
}

/**
 * The input of a run that is only looked at: what is required may be left out, what is given is checked.
 *
 * @throws WonderError `invalid_input` for a name that is no input and a value that does not fit
 */
export function planInput(workflow: CompiledWorkflow, pairs: { readonly [name: string]: string }): PlanInput {
  const required = workflow.inputs.filter((field) => field.required && !Object.hasOwn(pairs, field.name))
  const names = required.map(({ name }) => name)
  const { input } = workflow.definition
  const asked = typeof input === 'object' ? (input.required ?? []) : []
  const known = {
    id: workflow.id,
    inputs: workflow.inputs.map((field) => (names.includes(field.name) ? { ...field, required: false } : field)),
    definition: {
      input: typeof input === 'object' ? { ...input, required: asked.filter((name) => !names.includes(name)) } : input,
    },
  }
  try {
    return { input: parseInput(known, pairs, { resolvePath: (path) => resolve(path) }), required: names }
  } catch (error) {
    if (!(error instanceof WonderError)) throw error
    const message = error.message.replace('Cannot start workflow', 'Cannot plan workflow')
    throw new WonderError('invalid_input', message, { details: error.details, cause: error })
  }
}
