/** Starts so many runs of workflow `slow` in a folder and dies, as by a crash, before any of them has gone on. */
import { openLocalHost } from '@wonder/host-local'

const [folder = '.', count = '0'] = process.argv.slice(2)
const host = await openLocalHost({ project: folder, role: 'run' })
const loaded = await host.loadProject({ workflow: 'slow' })
const workflow = loaded.ok ? loaded.project.workflows.get('slow') : undefined
if (!loaded.ok || workflow === undefined) throw new Error('the workflow does not compile')
const { project } = loaded
await Promise.all(
  Array.from({ length: Number(count) }, () => host.startRun({ workflow, project, input: {}, by: 'test' })),
)
process.kill(process.pid, 'SIGKILL')
