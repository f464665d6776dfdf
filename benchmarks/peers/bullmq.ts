import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { join } from 'node:path'
import { linearInput } from '../definitions.ts'
import { peerSteps, servePeer } from './serve-peer.ts'
import { freePort, startServer } from './server-process.ts'

type Job = {
  readonly id: string
  readonly name: string
  readonly data: { readonly value: string; readonly step: number }
  updateData(data: Job['data']): Promise<void>
  getChildrenValues(): Promise<Readonly<Record<string, number>>>
}
type Closing = { close(): Promise<void> }
type Worker = Closing & {
  waitUntilReady(): Promise<unknown>
  on(event: 'completed', listener: (job: Job) => void): void
  on(event: 'failed', listener: (job: Job, error: Error) => void): void
  on(event: 'error', listener: (error: Error) => void): void
}
type BullMq = {
  readonly Queue: new (
    name: string,
    options: object,
  ) => Closing & { add(name: string, data: object, options: object): Promise<unknown> }
  readonly Worker: new (name: string, processor: (job: Job) => Promise<number>, options: object) => Worker
  readonly FlowProducer: new (options: object) => Closing & { add(flow: object): Promise<unknown> }
}

// One job a workflow, whose processor keeps each step with updateData: less than half of what ten nested jobs take. The
// fan-out is a flow: a parent and its children. Worker and caller in this process, Redis with appendfsync always.
await servePeer(async (modules, folder) => {
  const { Queue, Worker, FlowProducer } = createRequire(join(modules, 'package.json'))('bullmq') as BullMq
  const port = await freePort()
  const settings = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder]
  const redis = await startServer({
    program: 'redis-server',
    args: [...settings, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
    answers: () => reached(port),
  })
  const options = { connection: { host: '127.0.0.1', port, maxRetriesPerRequest: null } }
  const ending = new Map<string, { resolve(): void; reject(error: Error): void }>()
  const queue = new Queue('bench', options)
  const flows = new FlowProducer(options)
  const worker = new Worker('bench', work, { ...options, concurrency: 100 })
  worker.on('completed', ({ id }) => ending.get(id)?.resolve())
  worker.on('failed', ({ id }, error) => ending.get(id)?.reject(error))
  worker.on('error', () => {})
  await worker.waitUntilReady()

  let jobs = 0
  const ended = async (add: (jobId: string) => Promise<unknown>) => {
    const id = `job-${jobs++}`
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    ending.set(id, { resolve, reject })
    await add(id)
    await promise
    ending.delete(id)
  }
  return {
    run: () => ended((jobId) => queue.add('steps', { value: linearInput.value, step: 0 }, { jobId })),
    fanOut: (branches) =>
      ended((jobId) => {
        const children = Array.from({ length: branches }, (_, item) => ({
          name: 'branch',
          queueName: 'bench',
          data: { value: '', step: item },
        }))
        return flows.add({ name: 'join', queueName: 'bench', data: {}, opts: { jobId }, children })
      }),
    async close() {
      await worker.close()
      await Promise.all([queue.close(), flows.close()])
      await redis.stop()
    },
  }
})

async function work(job: Job): Promise<number> {
  if (job.name === 'branch') return job.data.step
  if (job.name === 'join') return Object.keys(await job.getChildrenValues()).length
  for (let { value, step } = job.data; step < peerSteps; ) await job.updateData({ value, step: ++step })
  return peerSteps
}

function reached(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(port, '127.0.0.1', () => {
    socket.destroy()
    resolve()
  })
  socket.on('error', reject)
  return promise
}
