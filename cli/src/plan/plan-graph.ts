/** What a workflow looks like to a person: tasks, the groups around them, and the ways between. Ids are refs of the definition. */
export type PlanGraph = {
  readonly nodes: readonly PlanNode[]
  readonly edges: readonly PlanEdge[]
  readonly groups: readonly PlanGroup[]
  /** Node or group where the run begins. */
  readonly start: string | undefined
}

export type PlanNode = {
  readonly id: string
  /** Kind of the task, or `open` and `join` where a graph that was written by hand forks and joins. */
  readonly kind: string
  readonly name?: string
  /** What it works with: the tool's name, the program, the host. */
  readonly detail?: string
  /** The innermost group around it. */
  readonly group?: string
  /** CEL; false: it is skipped. */
  readonly when?: string
  /** continue: the run goes on when it failed. block: it waits for a person. */
  readonly on_error?: 'continue' | 'block'
  /** Once it is done, the run waits there until somebody approves. */
  readonly approval?: true
}

/**
 * next: the way on. opens: from a group to a task inside it. closes: from a task to the end of the group around it.
 * passes: from the beginning of a group to its end, past all tasks. error: the way after a failure or when
 * it is too late, and to what undoes it.
 */
export type EdgeKind = 'next' | 'opens' | 'closes' | 'passes' | 'error'

export type PlanEdge = {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly kind: EdgeKind
  /** CEL; absent: always. */
  readonly if?: string
  readonly priority?: number
  /** How often it is gone at most. */
  readonly max_iterations?: number
  /** A few words: the condition, the case, `otherwise`. */
  readonly label?: string
}

export type PlanGroup = {
  readonly id: string
  /** each, parallel, route, sequence; on_error and finally of the workflow. */
  readonly kind: string
  readonly name?: string
  /** What is gone over, how many at a time, what happens with failures. */
  readonly detail?: string
  /** The group around it. */
  readonly group?: string
  /** CEL; false: it is skipped. */
  readonly when?: string
  readonly on_error?: 'continue'
}
