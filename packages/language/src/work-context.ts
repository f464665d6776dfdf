import { sha256Hex } from '@wonder/crypto'
import type { DefinitionBuilder } from './definition-builder.ts'
import type { Library } from './library.ts'
import type { Problems } from './problems.ts'
import type { ValueCompiler } from './value-compiler.ts'

/** What compiling the work of an executor needs of the definition and the project around. */
export type WorkContext = {
  readonly problems: Problems
  readonly builder: DefinitionBuilder
  readonly values: ValueCompiler
  readonly library: Library
  /** Hosts that may be reached; undefined when the project names none. */
  readonly hosts: readonly string[] | undefined
  /** Tools that the definition names. */
  readonly usedTools: Set<string>
  readonly shellCwd: string | undefined
}

/** Keeps a template's text in the definition and gives its name there. */
export function storeText(builder: DefinitionBuilder, file: string, text: string): string {
  const digest = `sha256:${sha256Hex(text)}`
  builder.texts[digest] = { file, text }
  return digest
}
