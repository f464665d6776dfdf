import type { Field } from '../shape.ts'
import { workFields } from './task-fields.ts'
import { kinds } from './task-shape.ts'

/** Kinds that the processor of a wait can have. */
export const processorKinds = ['tool', 'shell', 'http', 'render'] as const

export type ProcessorKind = (typeof processorKinds)[number]

export function isProcessorKind(word: string): word is ProcessorKind {
  return processorKinds.some((kind) => kind === word)
}

/** All fields of a processor, its kind included: it has no id, and nothing is kept of it. */
export function processorFields(kind: ProcessorKind): { readonly [name: string]: Field } {
  const { value, doc, fields } = kinds[kind]
  const { timeout, retry, interrupted } = workFields as { readonly [name: string]: Field }
  const work = Object.entries({ timeout, retry, interrupted }).flatMap(([name, field]) =>
    field === undefined ? [] : [[name, field] as const],
  )
  return { [kind]: { shape: value, doc, required: true }, ...fields, ...Object.fromEntries(work) }
}
