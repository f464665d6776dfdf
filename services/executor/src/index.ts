export { createExecutor, type Executor, type ExecutorParts } from './executor.ts'
