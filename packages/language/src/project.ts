import type { JsonSchema } from '@wonder/context'
import type { BudgetDef, Definition, Json } from '@wonder/engine'
import type { Diagnostic } from '@wonder/errors'
import type { BuiltDocument, ToolBundle } from '@wonder/platform'

/** Where a project's files come from; the host implements it. */
export type ProjectSource = {
  /** A file's text; null when there is none. Paths are relative to the project's folder, with `/`. */
  read(path: string): Promise<string | null>
  /** Files that match, sorted. */
  find(patterns: readonly string[]): Promise<readonly string[]>
  /** Bundles a tool and asks it what it is; throws SourceError `tool_invalid`. */
  tool(path: string): Promise<ToolBundle>
  /** Evaluates a TypeScript file to its document; throws SourceError `workflow_file_invalid`. Absent: there are none. */
  document?(path: string): Promise<BuiltDocument>
}

export type LoadOptions = {
  /** Which of `environments` is merged over the rest. */
  readonly environment?: string
  /** Only what this workflow needs is compiled, and only its tools are described. Absent: everything. */
  readonly workflow?: string
}

export type Loaded =
  | { readonly ok: true; readonly project: Project }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

export type SecretName = { readonly name: string; readonly optional: boolean }

export type Project = {
  readonly name: string
  readonly version: string
  readonly description?: string
  /** Names of the environments. */
  readonly environments: readonly string[]
  readonly secrets: readonly SecretName[]
  readonly env: { readonly [name: string]: string }
  readonly envFile?: string
  readonly warnings: readonly Diagnostic[]
  readonly settings: ProjectSettings
  readonly workflows: ReadonlyMap<string, CompiledWorkflow>
}

export type ProjectSettings = {
  /** Hosts that may be reached; undefined when the project names none. */
  readonly network: { readonly allow?: readonly string[] }
  /** Limits of all runs of the project together; durations are milliseconds. Empty: none. */
  readonly budget: BudgetDef
  /** When ended runs are removed; milliseconds after their end, and how many are kept. Absent: never. */
  readonly retention: { readonly keepFor?: number; readonly keep?: number }
}

export type CompiledWorkflow = {
  readonly id: string
  readonly name?: string
  readonly description?: string
  readonly file: string
  readonly inputs: readonly InputField[]
  /** Values of the project and of this workflow. */
  readonly env: { readonly [name: string]: string }
  readonly definition: Definition
  /** Tools whose code the host must store. */
  readonly bundles: readonly ToolBundle[]
  /**
   * Workflows that it starts, and those that they start: each once, after those that it starts itself. The host must
   * store their definitions and bundles as well; `definition.workflows` names them by digest.
   */
  readonly workflows: readonly CompiledWorkflow[]
  /** Schema of its outputs as far as it is known. */
  readonly output?: JsonSchema
}

export type InputField = {
  readonly name: string
  readonly schema: JsonSchema
  readonly required: boolean
  readonly description?: string
  /** Short text of its type, as a person would write it. */
  readonly type: string
  readonly default?: Json
}
