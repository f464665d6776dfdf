import { afterKill } from './after-kill.ts'
import { bundleSizes } from './bundle-sizes.ts'
import { fanOut } from './fan-out.ts'
import { firstRun } from './first-run.ts'
import { kernel } from './kernel.ts'
import { longLife } from './long-life.ts'
import { longRun } from './long-run.ts'
import { permits } from './permits.ts'
import { runsInFlight } from './runs-in-flight.ts'
import { sequentialSteps } from './sequential-steps.ts'
import { timerPrecision } from './timers.ts'
import { validation } from './validation.ts'
import type { Workload } from './workload.ts'

/** In the order in which they are run and shown. */
export const workloads: readonly Workload[] = [
  sequentialSteps,
  runsInFlight,
  fanOut,
  longRun,
  longLife,
  afterKill,
  firstRun,
  kernel,
  permits,
  timerPrecision,
  validation,
  bundleSizes,
]
