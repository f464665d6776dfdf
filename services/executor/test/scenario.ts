import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  MapSecrets,
  memoryBlobs,
  memoryEventTarget,
  memoryLogStore,
  memoryQueue,
  memoryResults,
} from '@wonder/driver-memory'
import { nodeNet, processSandbox, projectFiles, systemClock } from '@wonder/driver-process'
import type { Definition, StepDef, TaskDef } from '@wonder/engine'
import type {
  Claim,
  Clock,
  Grant,
  Json,
  Net,
  Report,
  ReportResult,
  Sandbox,
  TaskMessage,
  ToolRuntime,
} from '@wonder/platform'
import { onTestFinished } from 'vitest'
import { createExecutor } from '../src/index.ts'

export const message: TaskMessage = { run: 'R1', token: '1.0', attempt: 1, dispatch: 1 }

export type ScenarioOptions = {
  readonly task?: Partial<TaskDef>
  readonly steps?: readonly Partial<StepDef>[]
  readonly definition?: Partial<Definition>
  readonly secrets?: { readonly [name: string]: string }
  readonly env?: { readonly [name: string]: string }
  readonly clock?: Clock
  readonly net?: Net
  readonly sandbox?: Sandbox
  readonly tools?: ToolRuntime
  readonly concurrency?: number
  readonly claim?: (message: TaskMessage) => Claim | Promise<Claim>
  /** Answers dispatches that are lost. */
  readonly heartbeat?: (messages: readonly TaskMessage[]) => readonly TaskMessage[]
  readonly onReport?: (report: Report) => ReportResult | Promise<ReportResult>
}

type Outcome = Exclude<Report['result'], { readonly status: 'step' }>

/** An executor over real connections, a project in a new folder, and a coordinator that grants what the test says. */
export function scenario(options: ScenarioOptions) {
  const root = mkdtempSync(join(tmpdir(), 'wonder-executor-'))
  const secretValues = options.secrets ?? {}
  const definition: Definition = {
    format: 1,
    project: 'demo',
    workflow: 'flow',
    input: {},
    state: { schema: {}, initial: {} },
    env: [],
    secrets: Object.keys(secretValues).map((name) => ({ name, optional: false })),
    nodes: [{ ref: 'work', does: { kind: 'task', task: 'work', input: { lit: {} } } }],
    transitions: [],
    fans: [],
    start: 'work',
    tasks: { work: taskOf(options) },
    tools: {},
    texts: {},
    network: {},
    outline: [],
    ...options.definition,
  }
  const queue = memoryQueue()
  const connection = memoryResults()
  const blobs = memoryBlobs()
  const logs = memoryLogStore()
  const events = memoryEventTarget()
  const reports: Report[] = []
  const grants = new Map<string, Grant>()
  const waiting = new Map<string, (outcome: Outcome) => void>()
  let loads = 0
  const coordinator = connection.serve({
    claim: async (claimed) => options.claim?.(claimed) ?? grants.get(keyOf(claimed)) ?? { status: 'gone' },
    heartbeat: async (messages) => options.heartbeat?.(messages) ?? [],
    report: async (report) => {
      reports.push(report)
      const answer = (await options.onReport?.(report)) ?? { status: 'accepted' }
      if (report.result.status !== 'step') waiting.get(keyOf(report))?.(report.result)
      return answer
    },
  })
  const executor = createExecutor({
    id: 'x1',
    queue,
    results: connection.results,
    definition: async () => {
      loads++
      return definition
    },
    tools: options.tools ?? noTools,
    toolCode: async (digest) => `code of ${digest}`,
    sandbox: options.sandbox ?? processSandbox({ host: 'h1', stateDir: join(root, '.wonder'), isolation: 'none' }),
    net: options.net ?? nodeNet(),
    files: projectFiles(root),
    blobs,
    secrets: new MapSecrets(secretValues),
    env: () => options.env ?? {},
    logs,
    events,
    clock: options.clock ?? systemClock(),
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
  })
  executor.start()
  onTestFinished(async () => {
    await executor.stop()
    rmSync(root, { recursive: true, force: true })
  })

  const order = (input: Json, grant: Partial<Grant> = {}, at: Partial<TaskMessage> = {}): Promise<Outcome> => {
    const ordered = { ...message, ...at }
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    waiting.set(keyOf(ordered), resolve)
    grants.set(keyOf(ordered), {
      status: 'granted',
      definition: 'sha256:d',
      project: 'demo',
      workflow: 'flow',
      node: 'work',
      input,
      steps: {},
      startedAt: 0,
      seed: 7,
      ...grant,
    })
    queue.send([ordered])
    return promise
  }
  return {
    root,
    queue,
    blobs,
    logs,
    events,
    reports,
    executor,
    coordinator,
    order,
    loads: () => loads,
    /** Runs the task and gives its output. */
    async output(input: Json, grant?: Partial<Grant>, at?: Partial<TaskMessage>): Promise<Json> {
      const outcome = await order(input, grant, at)
      if (outcome.status === 'failed') throw new Error(`the task failed: ${JSON.stringify(outcome.error)}`)
      return outcome.output
    },
    /** Runs the task and gives its error. */
    async error(input: Json, grant?: Partial<Grant>, at?: Partial<TaskMessage>) {
      const outcome = await order(input, grant, at)
      if (outcome.status !== 'failed') throw new Error(`the task did not fail: ${JSON.stringify(outcome.output)}`)
      return outcome.error
    },
    async lines(): Promise<readonly string[]> {
      return (await logs.query({ run: message.run })).map((line) => line.text)
    },
    async artifact(digest: string): Promise<string> {
      const bytes = await blobs.get(`runs/${message.run}/${digest}`)
      return bytes === null ? '' : new TextDecoder().decode(bytes)
    },
    steps: () => reports.flatMap(({ result }) => (result.status === 'step' ? [[result.step, result.output]] : [])),
  }
}

/** A step over the task's scope; `action` is the kind, `config` an expression. */
function taskOf({ task, steps = [{ action: 'mock' }] }: ScenarioOptions): TaskDef {
  return {
    steps: steps.map((step, index) => ({ ref: `s${index + 1}`, action: 'mock', on_failure: 'abort', ...step })),
    timeout: 60_000,
    retry: { max_attempts: 1, backoff: 'none', initial_delay: 0, max_delay: 0, jitter: 0 },
    interrupted: 'rerun',
    ...task,
  }
}

function keyOf({ run, token, attempt, dispatch }: TaskMessage): string {
  return [run, token, attempt, dispatch].join('/')
}

const noTools: ToolRuntime = {
  bundle: () => Promise.reject(new Error('this project has no tools')),
  call: () => Promise.reject(new Error('this project has no tools')),
  close: async () => {},
}
