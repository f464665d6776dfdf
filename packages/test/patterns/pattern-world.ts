import { Coordinator } from '@wonder/coordinator'
import {
  memoryBlobs,
  memoryDisk,
  memoryEventTarget,
  memoryQueue,
  openMemoryStore,
  SimulatedClock,
  scriptedIds,
  scriptedRandom,
} from '@wonder/driver-memory'
import { type Command, closureDigest, compilePlan, type Json, type Plan } from '@wonder/engine'
import type { CompiledWorkflow } from '@wonder/language'
import { LimitsService } from '@wonder/limits'
import type { TaskMessage } from '@wonder/platform'
import { ShadowRun } from '../simulation/shadow-run.ts'
import { compiledPatterns } from './documented-patterns.ts'

/** A task that has been ordered, and not answered. */
type Ordered = { readonly message: TaskMessage; readonly task: string; readonly input: Json }

const compiled = compiledPatterns()

/**
 * A coordinator over memory, with the workflows of docs/patterns.md: tasks end when the test says so.
 * After every record K3 to K6 and K8 are checked of its run.
 */
export class PatternWorld {
  readonly #workflows: ReadonlyMap<string, CompiledWorkflow>
  readonly #plans = new Map<string, Plan>()
  readonly #clock = new SimulatedClock()
  readonly #disk = memoryDisk()
  readonly #coordinator: Coordinator
  readonly #runs = new Map<string, PatternRun>()
  #delivered = 0

  private constructor(workflows: ReadonlyMap<string, CompiledWorkflow>) {
    this.#workflows = workflows
    for (const { definition } of workflows.values()) {
      const digest = closureDigest(definition)
      this.#plans.set(digest, compilePlan(definition, digest))
    }
    const { runs } = openMemoryStore({ clock: this.#clock, disk: this.#disk, host: 'host' })
    const queue = memoryQueue()
    const limits = new LimitsService({ runs, clock: this.#clock })
    this.#coordinator = new Coordinator({
      runs,
      blobs: memoryBlobs(),
      queue,
      events: memoryEventTarget(),
      clock: this.#clock,
      ids: scriptedIds(),
      random: scriptedRandom(),
      limits,
    })
    limits.onNotice((notice) => this.#coordinator.notify(notice))
    queue.consume({
      concurrency: 1_000_000,
      handler: (message, acknowledge) => {
        acknowledge()
        this.#delivered += 1
        this.#run(message.run).order(message)
      },
    })
    this.#coordinator.results.onAbort((message) => this.#runs.get(message.run)?.withdraw(message))
  }

  static async open(): Promise<PatternWorld> {
    return new PatternWorld(await compiled)
  }

  async start(workflow: string, input: Json = {}): Promise<PatternRun> {
    const found = this.#workflows.get(workflow)
    if (found === undefined) throw new Error(`docs/patterns.md has no workflow "${workflow}"`)
    const workflows = found.workflows.map(({ definition }) => definition)
    const id = await this.#coordinator.start({ definition: found.definition, input, workflows })
    await this.settle()
    return this.#run(id)
  }

  /** All runs there are, in the order of their start. */
  get runs(): readonly PatternRun[] {
    return [...this.#disk.entities.keys()].sort().map((id) => this.#run(id))
  }

  /** Time goes on. */
  async pass(milliseconds: number): Promise<void> {
    this.#clock.advance(milliseconds)
    await this.settle()
  }

  async command(run: string, command: Command): Promise<void> {
    const outcome = await this.#coordinator.command(run, command)
    if (outcome.status === 'refused') throw new Error(outcome.error.message)
    await this.settle()
  }

  async report({ message }: Ordered, result: { readonly output: Json } | { readonly error: string }): Promise<void> {
    const { results } = this.#coordinator
    await results.claim(message, 'x')
    await results.report({
      ...message,
      executor: 'x',
      result:
        'output' in result
          ? { status: 'completed', output: result.output, artifacts: [] }
          : { status: 'failed', error: { code: 'shell_failed', message: result.error, retry: 'never' } },
    })
    await this.settle()
  }

  /** Everything that is due now has happened. */
  async settle(): Promise<void> {
    for (let delivered = -1; delivered !== this.#delivered; ) {
      delivered = this.#delivered
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    for (const run of this.runs) run.follow()
  }

  #run(id: string): PatternRun {
    const known = this.#runs.get(id)
    if (known !== undefined) return known
    const records = () => this.#disk.entities.get(id)?.records ?? []
    const first = JSON.parse(records()[0]?.body ?? '{"e":[]}') as { e: { definition: string; workflow: string }[] }
    const plan = this.#plans.get(first.e[0]?.definition ?? '')
    if (plan === undefined) throw new Error(`run ${id} follows no definition of the page`)
    const run = new PatternRun({ world: this, id, shadow: new ShadowRun(id, plan), records })
    this.#runs.set(id, run)
    return run
  }
}

type Records = Parameters<ShadowRun['append']>[0]

/** One run of a pattern, as its test sees and drives it. */
export class PatternRun {
  readonly id: string
  /** Tasks that were ordered, in order. */
  readonly begun: string[] = []
  /** Tasks that were ordered and then withdrawn. */
  readonly withdrawn: string[] = []
  readonly #world: PatternWorld
  readonly #shadow: ShadowRun
  readonly #records: () => readonly Records[]
  #out: Ordered[] = []
  #followed = 0

  constructor(parts: {
    readonly world: PatternWorld
    readonly id: string
    readonly shadow: ShadowRun
    readonly records: () => readonly Records[]
  }) {
    this.id = parts.id
    this.#world = parts.world
    this.#shadow = parts.shadow
    this.#records = parts.records
  }

  /** Tasks that run now, in alphabetical order. */
  get out(): readonly string[] {
    return this.#out.map(({ task }) => task).sort()
  }

  /** Arguments of the commands that run now, in their order: of `shell: [./send, Ada]` it is Ada. */
  get outWith(): readonly Json[] {
    return this.#out.map(argumentOf)
  }

  get status(): string {
    return this.#shadow.status
  }

  get output(): Json | undefined {
    return this.#shadow.state.ended?.output
  }

  /** How often tasks of this name were ordered. */
  times(task: string): number {
    return this.begun.filter((one) => one === task).length
  }

  /** The first task of this name that runs, or the one with this argument, completes; `value` is what it printed. */
  async complete(
    task: string,
    { value = null, of }: { readonly value?: Json; readonly of?: Json } = {},
  ): Promise<void> {
    await this.#world.report(this.#take(task, of), { output: { exit_code: 0, stdout: '', stderr: '', value } })
  }

  async fail(task: string): Promise<void> {
    await this.#world.report(this.#take(task, undefined), { error: 'it broke' })
  }

  async signal(name: string, payload: Json = {}): Promise<void> {
    await this.#world.command(this.id, { kind: 'signal', name, payload, by: 'test' })
  }

  async cancel(): Promise<void> {
    await this.#world.command(this.id, { kind: 'cancel', by: 'test' })
  }

  /** Time goes on. */
  async pass(milliseconds: number): Promise<void> {
    await this.#world.pass(milliseconds)
  }

  order(message: TaskMessage): void {
    this.follow()
    const task = this.#shadow.refOf(message.token)
    this.#out.push({ message, task, input: this.#shadow.state.tokens.get(message.token)?.input ?? null })
    this.begun.push(task)
  }

  withdraw({ token }: TaskMessage): void {
    this.withdrawn.push(...this.#out.filter(({ message }) => message.token === token).map(({ task }) => task))
    this.#out = this.#out.filter(({ message }) => message.token !== token)
  }

  /** Reads what is new in the journal. */
  follow(): void {
    for (const record of this.#records().slice(this.#followed)) this.#shadow.append(record)
    this.#followed = this.#records().length
  }

  #take(task: string, of: Json | undefined): Ordered {
    const at = this.#out.findIndex((one) => one.task === task && (of === undefined || argumentOf(one) === of))
    const [found] = at === -1 ? [] : this.#out.splice(at, 1)
    if (found === undefined) throw new Error(`"${task}" does not run; what runs: ${this.out.join(', ')}`)
    return found
  }
}

function argumentOf({ input }: Ordered): Json {
  return (input as { readonly command: readonly Json[] }).command[1] ?? null
}
