import { join } from 'node:path'
import { sourceCommand, timeOf } from './command.ts'
import { figureOf } from './figure.ts'
import type { Workload } from './workload.ts'

/** What a person at a terminal waits for. */
export const firstRun: Workload = {
  name: 'first-run',
  title: '`wonder run hello` of a new project, the whole process',
  async run({ folder, rounds, quick, progress }) {
    const times = quick ? 3 : Math.max(10, rounds)
    await timeOf(['init', 'project'], { folder })
    const project = join(folder, 'project')
    progress('the first run, which prepares its tool')
    const first = await timeOf(['run', 'hello'], { folder: project })
    const sources: { readonly value: number }[] = []
    const measured: { readonly value: number; readonly floor: number }[] = []
    for (let round = 1; round <= times; round++) {
      progress(`round ${round} of ${times}`)
      const floor = await timeOf(['-e', '0'], { folder: project, program: process.execPath })
      measured.push({ value: await timeOf(['run', 'hello'], { folder: project }), floor })
      sources.push({ value: await timeOf(['run', 'hello'], { folder: project, program: sourceCommand }) })
    }
    const about = { workload: 'first-run', unit: 'ms' }
    return [
      figureOf({ ...about, metric: 'the very first run of the project', rounds: [{ value: first }] }),
      figureOf({
        ...about,
        metric: 'a run; floor: `node -e 0`',
        rounds: measured,
        budget: { of: 'value', most: 400 },
      }),
      figureOf({ ...about, metric: 'a run, the command from its sources', rounds: sources }),
    ]
  },
}
