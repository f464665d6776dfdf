import type { JsonSchema } from '@wonder/context'
import type { Flow } from './flow.ts'
import type { Hidden } from './graph-sight.ts'
import type { SecretName } from './project.ts'
import type { TaskNames } from './task-names.ts'

/** What expressions and templates can see at a place. */
export type Scope = {
  /** In whose words messages speak: `workflow "health"`, `task file "lint"`. */
  readonly owner: string
  readonly input: JsonSchema | undefined
  readonly state: JsonSchema | undefined
  /** Names of env values; undefined when a file may bring more. */
  readonly env: ReadonlySet<string> | undefined
  readonly secrets: readonly SecretName[]
  /** Why secrets cannot stand here; undefined where they can. */
  readonly noSecrets?: string
  /** Items of `each` around: name and what is known of the value. */
  readonly items: ReadonlyMap<string, JsonSchema | undefined>
  /** Inside an error list. */
  readonly error: boolean
  readonly tasks?: {
    readonly names: TaskNames
    readonly flow: Flow
    /** The task that is being compiled. */
    readonly self?: string
    /** Tasks that an `if` on the way here asks about. */
    readonly asked: ReadonlySet<string>
    /** Texts of the `if`s on the way here. */
    readonly ifs: ReadonlySet<string>
    /** In a graph: why a node cannot be read here. */
    readonly hidden?: (id: string) => Hidden | undefined
  }
  /** In a reusable task: the steps before this one. */
  readonly steps?: ReadonlyMap<string, JsonSchema | undefined>
  /** The text is CEL, not a template. */
  readonly cel?: boolean
  /** In `outputs`: a task that did not run gives null, where its value is inserted alone. */
  readonly lenient?: boolean
  /** Values of `with` of a render, by their first name. */
  readonly extra?: ReadonlyMap<string, JsonSchema | undefined>
}
