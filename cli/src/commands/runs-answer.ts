import { readFile } from 'node:fs/promises'
import type { Json, OpenQuestion } from '@wonder/engine'
import { RunView } from '@wonder/engine'
import { WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import { formFields } from '@wonder/language'
import { isTerminal } from '@wonder/platform'
import type { AnswerBody } from '../ask-person.ts'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { catchUp } from '../follow-run.ts'
import { goOnHere } from '../go-on-here.ts'
import { withHost } from '../open-host.ts'
import { type PersonOptions, personOf } from '../person.ts'
import { setPairs } from '../set-pairs.ts'
import { send } from './runs-steer.ts'

export type AnswerOptions = PersonOptions & {
  readonly env?: string
  readonly question?: string
  readonly digest?: string
  readonly reason?: string
  readonly set?: readonly string[]
  readonly jsonAnswers?: string
}

export type AnswerRequest = AnswerOptions & {
  readonly run: string
  readonly task: string | undefined
  readonly decision: AnswerBody['decision']
}

const words = { approve: 'approved', answer: 'answered', reject: 'rejected' } as const

/** `wonder runs answer`, `approve`, `reject`: the exit code. A run that nobody drives goes on here. */
export async function answerRun(context: CommandContext, request: AnswerRequest): Promise<number> {
  const { decision, reason, env } = request
  return await withHost(context, { role: 'run', env }, async (host) => {
    const { id: run, workflow } = await findRun(host.index, request.run)
    const person = personOf(request)
    const question = await questionOf(host, run, request)
    const answers = await answersOf(request, question)
    const digest = request.digest ?? question?.digest
    await send(
      host,
      run,
      {
        kind: 'answer',
        decision,
        roles: person.roles,
        ...named(request, question),
        ...(digest === undefined ? {} : { digest }),
        ...(answers === undefined ? {} : { answers }),
        ...(reason === undefined ? {} : { reason }),
      },
      person.name,
    )
    const what =
      question === undefined ? 'It was answered before.' : `${question.task} was ${words[decision]} by ${person.name}.`
    return await goOnHere(context, host, { run, workflow, what, person })
  })
}

/** What the request is about; undefined: the kernel says why nothing is, or that it was answered before. */
async function questionOf(
  host: LocalHost,
  run: string,
  { question, task }: AnswerRequest,
): Promise<OpenQuestion | undefined> {
  const view = new RunView(await host.definition(run))
  await catchUp(host, run, view)
  if (isTerminal(view.status)) return undefined
  const open = view.questions()
  if (question !== undefined) return open.find(({ id }) => id === question)
  const meant = open.filter((one) => task === undefined || one.task === task)
  if (meant.length <= 1) return meant[0]
  const names = meant.map(({ id, task: asking, text }) => `${id} (${asking}: ${text.slice(0, 60)})`).join(', ')
  throw new WonderError('ambiguous_question', `Cannot tell which question of run "${run}" is meant: ${names}`, {
    details: { hint: 'Name it with --question.' },
  })
}

function named({ question, task }: AnswerRequest, found: OpenQuestion | undefined): Partial<AnswerBody> {
  if (found !== undefined) return { question: found.id }
  if (question !== undefined) return { question }
  return task === undefined ? {} : { task }
}

async function answersOf(
  { set, jsonAnswers }: AnswerRequest,
  question: OpenQuestion | undefined,
): Promise<Json | undefined> {
  if (jsonAnswers !== undefined && set !== undefined) {
    throw new WonderError(
      'invalid_usage',
      'Cannot take answers from --set and --json-answers at once: give one of them',
    )
  }
  if (jsonAnswers !== undefined) return await jsonOf(jsonAnswers)
  if (set === undefined) return undefined
  const fields = question?.answers === undefined ? [] : formFields(question.answers)
  const problems: { path: string; message: string }[] = []
  const answers = setPairs(set, (name, text) => {
    const field = fields.find((one) => one.name === name)
    const read = field?.read(text)
    if (read === undefined) return undefined
    if ('value' in read) return read.value
    problems.push({ path: `/${name}`, message: read.problem })
    return null
  })
  if (problems.length === 0) return answers
  const listed = problems.map(({ path, message }) => `${path.slice(1)}: ${message}`).join('; ')
  throw new WonderError('invalid_answers', `Cannot answer the question of "${question?.task}": ${listed}`, {
    details: { problems },
  })
}

async function jsonOf(file: string): Promise<Json> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Json
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WonderError('invalid_usage', `Cannot read answers from "${file}": ${reason}`, { cause })
  }
}
