export { type Task, type Workflow, workflow } from './lists.ts'
export { type Mutant, mutants } from './mutants.ts'
export { randomRuns, randomWorkflow } from './random-workflow.ts'
export { fits, type Oracle, referenceRun } from './reference-run.ts'
