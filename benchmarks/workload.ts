import type { Figure } from './figure.ts'

export type WorkloadContext = {
  /** A temporary folder of the workload's own; removed after it. */
  readonly folder: string
  /** How often value and floor are measured, one after the other. */
  readonly rounds: number
  /** Smaller sizes, to see that everything works: figures are not to be quoted. */
  readonly quick: boolean
  /** The largest sizes, which take minutes. */
  readonly full: boolean
  /** Tells what is being done. */
  readonly progress: (text: string) => void
}

/** One measured use of Wonder. It leaves nothing behind outside its folder. */
export type Workload = {
  readonly name: string
  readonly title: string
  run(context: WorkloadContext): Promise<readonly Figure[]>
}
