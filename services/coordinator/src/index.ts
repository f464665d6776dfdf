export { blobKey } from './blob-cache.ts'
export { Coordinator, type CoordinatorParts, type RecordEvent, runTopic, type StartRequest } from './coordinator.ts'
export { DefinitionStore, definitionKey } from './definition-store.ts'
export { loadRun } from './load-run.ts'
