export type { CommandAnswer } from './host-protocol.ts'
export { type LocalHost, type LocalHostOptions, openLocalHost } from './local-host.ts'
export type { Pruned, PruneRequest } from './retention.ts'
