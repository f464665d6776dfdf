import type { RunEvent } from '@wonder/engine'
import { type LocalHost, openLocalHost } from '@wonder/host-local'
import { until } from './until.ts'

/** Looks into a project's store without driving anything. */
export async function reading<T>(folder: string, read: (host: LocalHost) => Promise<T>): Promise<T> {
  const host = await openLocalHost({ project: folder, role: 'read' })
  try {
    return await read(host)
  } finally {
    await host.close()
  }
}

/** The id of the newest run that no run ordered, once there is one. */
export function newestRun(folder: string): Promise<string> {
  return reading(folder, (host) =>
    until('a run', async () => (await host.index.list({ parent: null, limit: 1 }))[0]?.id),
  )
}

/** Every event of a run, in order. */
export function eventsOf(folder: string, run: string): Promise<readonly RunEvent[]> {
  return reading(folder, async (host) => (await host.records(run)).flatMap(({ events }) => events))
}
