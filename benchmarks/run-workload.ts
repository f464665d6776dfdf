// One workload in a process of its own, so that none warms another up: started by main.ts, which it tells what it measured.
import type { Figure } from './figure.ts'
import type { WorkloadContext } from './workload.ts'
import { workloads } from './workloads.ts'

/** What a workload's process tells. */
export type WorkloadMessage = { readonly progress: string } | { readonly figures: readonly Figure[] }

const [, , name, options] = process.argv
const workload = workloads.find((one) => one.name === name)
if (workload === undefined || options === undefined) throw new Error('run benchmarks/main.ts')

const tell = (message: WorkloadMessage): void => {
  process.send?.(message)
}
const settings = JSON.parse(options) as Omit<WorkloadContext, 'progress'>
tell({ figures: await workload.run({ ...settings, progress: (progress) => tell({ progress }) }) })
process.disconnect?.()
