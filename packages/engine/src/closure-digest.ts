import { sha256Hex } from '@wonder/crypto'
import type { Definition } from './definition.ts'

/** A definition never changes, so each is looked through once, however many runs of it begin. */
const known = new WeakMap<Definition, string>()

/**
 * The name of a definition: SHA-256 of its JSON, members in their order, because an object that a run makes has its
 * members in the order in which the definition has them. Tool bundles stand in it by digest and template texts in full, so
 * it names everything that a run can do. `outline`, `name` and `description` are for people, and count too: what a person
 * was shown belongs to what was run.
 */
export function closureDigest(definition: Definition): string {
  const digest = known.get(definition) ?? `sha256:${sha256Hex(definitionText(definition))}`
  known.set(definition, digest)
  return digest
}

/** A definition as it is stored: its digest is that of this text. */
export function definitionText(definition: Definition): string {
  return JSON.stringify(definition)
}
