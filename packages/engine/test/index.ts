export { type Task, type Workflow, workflow } from './lists.ts'
export { type Mutant, mutants } from './mutants.ts'
export { randomRuns, randomStoppingWorkflow, randomWorkflow } from './random-workflow.ts'
export { fits, type Oracle, referenceRun, repairOf } from './reference-run.ts'
