import type { Json } from './json.ts'

/** What a tool file says of itself. Fields and schemas are as written; packages/language turns them into JSON Schema. */
export type ToolDescription = {
  readonly description: string
  readonly input: Json
  readonly output: Json
  readonly permissions: ToolPermissions
}

/** As Deno has them. Texts may be templates over `input` until they are resolved for a call. */
export type ToolPermissions = {
  readonly read?: readonly string[]
  readonly write?: readonly string[]
  readonly net?: readonly string[]
  readonly env?: readonly string[]
  readonly run?: readonly string[]
}

export type ToolBundle = {
  /** `sha256:<hex>` of `code`. */
  readonly digest: string
  /** One JavaScript module: the file, its local imports, and the host's `@wonder/sdk/tool`. */
  readonly code: string
  readonly description: ToolDescription
}

export type ToolCall = {
  readonly name: string
  readonly bundle: Pick<ToolBundle, 'digest' | 'code'>
  /** Resolved: literal paths and hosts. */
  readonly permissions: ToolPermissions
  readonly input: Json
  /** Same for each rerun of an attempt. */
  readonly idempotencyKey: string
  /** Values of the environment variables that `permissions.env` lists. */
  readonly env: { readonly [name: string]: string }
  readonly cwd: string
  /** Bytes of JSON; default 10 MB. */
  readonly maxOutput?: number
  /** Megabytes of heap; default 256. */
  readonly memory?: number
  readonly signal: AbortSignal
  readonly onLog?: (line: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string }) => void
}

/** What a TypeScript file that builds a document says, as its YAML would be parsed. */
export type BuiltDocument = {
  readonly document: Json
  /** Where its parts were made in that file: line and column, from 1, by pointers such as `/tasks/0`. */
  readonly places: { readonly [pointer: string]: { readonly line: number; readonly column: number } }
}

/**
 * Tools: TypeScript files of the project, run apart from the engine.
 *
 * G1 A tool can do exactly what its permissions list, nothing by default; a forbidden access is `tool_forbidden`, naming it.
 * G2 Input reaches the tool and output leaves it as JSON; what cannot be JSON is `tool_invalid_output`.
 * G3 A thrown error is `tool_failed`, a dead process `tool_crashed`, more memory than allowed `tool_out_of_memory`,
 *    too much output `tool_output_too_large`; none of them disturbs another call or the calls after it.
 * G4 Abort ends the call at once, even one that never yields; the promise rejects with the signal's reason.
 * G5 A call never sees what an earlier call of another tool, or with other permissions, left in memory.
 * G6 bundle() of a file that cannot be read or compiled is `tool_invalid` as a SourceError with file, line and column.
 */
export interface ToolRuntime {
  /** Reads a tool's file, bundles it, and asks it, without any permission, what it is. Kept by the digest of its sources. */
  bundle(file: string): Promise<ToolBundle>
  call(call: ToolCall): Promise<Json>
  /**
   * Evaluates a file whose default export was made by `workflow()`, without any permission. Kept by the digest of its
   * sources. What is wrong is `workflow_file_invalid`, as a SourceError where it has a place. Absent: there is none.
   */
  document?(file: string): Promise<BuiltDocument>
  close(): Promise<void>
}
