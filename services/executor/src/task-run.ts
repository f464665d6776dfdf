import { type ErrorBody, WonderError } from '@wonder/errors'
import type { Json, Report, ReportResult, TaskUsage } from '@wonder/platform'
import { runAction } from './action-retry.ts'
import type { CompiledStep, CompiledTask, StepScope } from './compiled-definition.ts'
import { isObject } from './config-reader.ts'
import { checkOutput } from './reserved-keys.ts'
import { hasMarkers } from './resolve-value.ts'
import { checkSchema } from './schema-check.ts'
import { StepContext, type StepContextParts } from './step-context.ts'
import { completed, failed, fromJournal, type StepOutcome, skipped, toJournal } from './step-outcome.ts'

export type TaskResult = Report['result']

export type TaskRunParts = StepContextParts & {
  readonly task: CompiledTask
  /** Resolves when the step is in the journal. */
  reportStep(step: string, output: Json, used: { readonly usage?: TaskUsage }): Promise<ReportResult>
}

/** A step's place among the others. */
type StepPlace = { readonly scope: StepScope; readonly input: Json; readonly final: boolean }

/** One granted attempt of a task: its steps in order, from the first that is not in the journal, to a result. */
export class TaskRun {
  readonly #parts: TaskRunParts
  readonly #context: StepContext
  /** Steps that this executor has reported. */
  readonly #reported = new Set<string>()

  constructor(parts: TaskRunParts) {
    this.#parts = parts
    this.#context = new StepContext(parts)
  }

  /** Never rejects. Null: nobody waits for the result. Answers at once when nothing has to be waited for. */
  run(): TaskResult | null | Promise<TaskResult | null> {
    const { task, grant, attempt } = this.#parts
    const { only, def } = task
    if (only === undefined || grant.save !== undefined || def.artifacts !== undefined || hasMarkers(grant.input)) {
      return this.#runAll().catch((thrown) => this.#failure(thrown))
    }
    try {
      const output = this.#act(only, this.#checkInput(grant.input))
      if (!(output instanceof Promise)) return this.#result(output, only)
      return output
        .then((value) => {
          attempt.check()
          return this.#result(value, only)
        })
        .catch((thrown) => this.#failure(thrown))
    } catch (thrown) {
      return this.#failure(thrown)
    }
  }

  async #runAll(): Promise<TaskResult> {
    const { task, grant, attempt } = this.#parts
    const input = this.#checkInput(await this.#context.resolve(grant.input))
    const { output, last } =
      task.only === undefined
        ? await this.#runSteps(input)
        : { output: await this.#act(task.only, input), last: task.only }
    attempt.check()
    if (grant.save !== undefined) await this.#saveText(grant.save, output, last)
    if (task.def.artifacts !== undefined) await this.#saveFiles(task.def.artifacts)
    attempt.check()
    return this.#result(output, last)
  }

  /** `last`: the step whose output is the task's; null when that is a mapping. */
  async #runSteps(input: Json): Promise<{ readonly output: Json; readonly last: CompiledStep | null }> {
    const { task } = this.#parts
    const outcomes: { [ref: string]: StepOutcome } = {}
    const scope = this.#scope(input, outcomes)
    let output: Json = null
    let last: CompiledStep | null = null
    for (const [index, step] of task.steps.entries()) {
      const outcome = await this.#runStep(step, { scope, input, final: index === task.steps.length - 1 })
      outcomes[step.ref] = outcome
      if (outcome.status !== 'completed') continue
      output = outcome.output
      last = step
    }
    return task.result === undefined ? { output, last } : { output: task.result(scope), last: null }
  }

  async #runStep(step: CompiledStep, place: StepPlace): Promise<StepOutcome> {
    const { grant, attempt } = this.#parts
    if (Object.hasOwn(grant.steps, step.ref)) {
      const outcome = fromJournal(await this.#context.resolve(grant.steps[step.ref] ?? null))
      // State is not in the journal: it follows from the steps.
      if (step.action.kind === 'set' && outcome.status === 'completed') {
        await this.#act(step, await this.#config(step, place))
      }
      return outcome
    }
    const outcome = await this.#tryStep(step, place)
    this.#context.flushLog()
    if (place.final) return outcome
    const { status } = await this.#parts.reportStep(step.ref, toJournal(outcome), this.#used(step))
    this.#reported.add(step.ref)
    if (status === 'gone') attempt.abandon()
    attempt.check()
    return outcome
  }

  async #tryStep(step: CompiledStep, place: StepPlace): Promise<StepOutcome> {
    const { attempt, task } = this.#parts
    attempt.check()
    try {
      if (step.condition?.(place.scope) === false) return skipped
      const output = await this.#act(step, await this.#config(step, place))
      attempt.check()
      checkOutput(output, `the output of step "${step.ref}"`)
      return completed(this.#context.clean(output))
    } catch (thrown) {
      // The end of the attempt is no failure of the step.
      if (attempt.stopped) throw thrown
      const body = this.#context.errorBody(thrown)
      const named = task.steps.length === 1 ? body : { ...body, details: { ...body.details, step: step.ref } }
      if (step.onFailure === 'continue') return failed(named)
      throw new StepFailure(step.onFailure === 'retry' && body.retry === 'never' ? { ...named, retry: 'safe' } : named)
    }
  }

  async #config(step: CompiledStep, { scope, input }: StepPlace): Promise<Json> {
    return step.config === undefined ? input : this.#context.resolve(step.config(scope))
  }

  #act(step: CompiledStep, config: Json): Json | Promise<Json> {
    if (!isObject(config)) {
      throw new WonderError('invalid_value', `Cannot run ${step.action.kind}: its config must be an object`)
    }
    this.#context.step = step.ref
    this.#context.usage.step(step.action.kind === 'tool')
    const { timeout } = step
    if (timeout === undefined) return runAction(step.action, config, this.#context)
    return this.#context.within(timeout, async () => await runAction(step.action, config, this.#context))
  }

  #scope(input: Json, steps: { readonly [ref: string]: Json }): StepScope {
    const { grant, attempt, ports } = this.#parts
    const { workflow, project } = grant
    const startedAt = new Date(grant.startedAt).toISOString()
    const run = { id: attempt.message.run, started_at: startedAt, attempt_key: attempt.key }
    return { input, state: this.#context.state, steps, env: ports.env(), run, workflow, project }
  }

  #checkInput(input: Json): Json {
    const { def, ref } = this.#parts.task
    if (def.input === undefined) return input
    return checkSchema(def.input, input, { code: 'invalid_value', what: `Input of task "${ref}"` })
  }

  #result(output: Json, step: CompiledStep | null): TaskResult {
    const { task } = this.#parts
    const { def, ref } = task
    checkOutput(output, `the output of task "${ref}"`)
    if (def.output !== undefined) {
      const code = step?.action.kind === 'tool' ? 'tool_invalid_output' : 'invalid_value'
      checkSchema(def.output, output, { code, what: `Output of task "${ref}"` })
    }
    const clean = this.#context.clean(output)
    this.#context.flushLog()
    return { status: 'completed', output: clean, artifacts: this.#context.artifacts, ...this.#used(task.steps.at(-1)) }
  }

  #failure(thrown: unknown): TaskResult | null {
    const { attempt } = this.#parts
    this.#context.flushLog()
    if (attempt.abandoned) return null
    const used = this.#used(this.#firstStep())
    // Whatever the work made of its end: it failed because its time was over.
    if (attempt.stopped) return { status: 'failed', error: this.#context.errorBody(attempt.stopReason), ...used }
    const error = thrown instanceof StepFailure ? thrown.body : this.#context.errorBody(thrown)
    return { status: 'failed', error, ...used }
  }

  /** What was used since the last report; nothing where it is what the step stands for. */
  #used(step: CompiledStep | undefined): { readonly usage?: TaskUsage } {
    return this.#context.usage.take(step?.action.kind === 'tool')
  }

  /** The first step that is not in the journal. */
  #firstStep(): CompiledStep | undefined {
    const { task, grant } = this.#parts
    return task.steps.find(({ ref }) => !Object.hasOwn(grant.steps, ref) && !this.#reported.has(ref))
  }

  async #saveText(name: string, output: Json, step: CompiledStep | null): Promise<void> {
    const text = step?.action.textOf !== undefined && isObject(output) ? (step.action.textOf(output) ?? null) : output
    const content = typeof text === 'string' ? text : JSON.stringify(text, null, 2)
    await this.#context.saveArtifact({ name, content })
  }

  async #saveFiles(patterns: readonly string[]): Promise<void> {
    const { files } = this.#parts.ports
    for (const path of await files.find(patterns)) {
      await this.#context.saveArtifact({ name: path, content: await files.open(path) })
    }
  }
}

/** A step has failed and with it the task; the body is final. */
class StepFailure extends Error {
  readonly body: ErrorBody

  constructor(body: ErrorBody) {
    super(body.message)
    this.body = body
  }
}
