import type { Problems } from '../problems.ts'
import type { AgentRegistry } from './agent-registry.ts'
import type { Components } from './components.ts'
import type { CelConverter } from './convert-cel.ts'
import type { TextConverter } from './convert-text.ts'
import type { ValueConverter } from './convert-value.ts'
import type { Names } from './names.ts'
import type { Plan } from './plan.ts'
import type { Remarks } from './remarks.ts'
import type { Needs } from './resolver.ts'
import type { ToolRegistry } from './tool-registry.ts'

/** What the writers of one workflow share. */
export type WorkflowContext = {
  /** Id of the new workflow. */
  readonly workflow: string
  readonly plan: Plan
  readonly names: Names
  readonly needs: Needs
  readonly texts: TextConverter
  readonly cel: CelConverter
  readonly values: ValueConverter
  readonly components: Components
  readonly tools: ToolRegistry
  readonly agents: AgentRegistry
  readonly remarks: Remarks
  readonly problems: Problems
}
