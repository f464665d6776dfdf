import { nearest } from '@wonder/errors'
import type { Problems } from './problems.ts'
import type { CompiledWorkflow } from './project.ts'
import type { Tree } from './tree.ts'

/** Compiles each workflow of a project once, those that it starts before it. */
export class WorkflowLibrary {
  readonly #names: readonly string[]
  readonly #compile: (id: string) => CompiledWorkflow | undefined
  readonly #problems: Problems
  readonly #compiled = new Map<string, CompiledWorkflow | undefined>()
  /** Those that are being compiled, each started by the one before it. */
  readonly #open: string[] = []

  /** `compile` makes a workflow that is known to be one of `names`, if its file can be used. */
  constructor(
    names: readonly string[],
    problems: Problems,
    compile: (id: string, library: WorkflowLibrary) => CompiledWorkflow | undefined,
  ) {
    this.#names = names
    this.#problems = problems
    this.#compile = (id) => compile(id, this)
  }

  /** The workflow that a task starts, at the place where it says so. Undefined when that cannot be; it was told why. */
  get(id: string, at: Tree): CompiledWorkflow | undefined {
    const begun = this.#open.indexOf(id)
    if (begun !== -1) {
      this.#cycle([...this.#open.slice(begun), id], at)
      return undefined
    }
    if (this.#names.includes(id)) return this.compiled(id)
    const near = nearest(id, this.#names)
    this.#problems.add({
      code: 'unknown_workflow',
      message: `the project has no workflow "${id}"`,
      at,
      help: near === undefined ? `It has ${this.#names.join(', ')}.` : `Did you mean "${near}"?`,
    })
    return undefined
  }

  compiled(id: string): CompiledWorkflow | undefined {
    if (this.#compiled.has(id)) return this.#compiled.get(id)
    this.#open.push(id)
    const made = this.#compile(id)
    this.#open.pop()
    this.#compiled.set(id, made)
    return made
  }

  #cycle(way: readonly string[], at: Tree): void {
    const [id] = way
    this.#problems.add({
      code: 'workflow_cycle',
      message:
        way.length === 2
          ? `the workflow "${id}" starts itself`
          : `the workflow "${id}" would start itself: ${way.join(' → ')}`,
      at,
      help: 'Repeat with loop or each inside of one workflow.',
    })
  }
}
