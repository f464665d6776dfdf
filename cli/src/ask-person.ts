import type { CommandBody, Json, OpenQuestion } from '@wonder/engine'
import { type FormField, formFields } from '@wonder/language'
import type { Output } from './output.ts'
import type { Person } from './person.ts'
import { questionLines } from './question-lines.ts'

/** What a person says to a question. */
export type AnswerBody = Extract<CommandBody, { kind: 'answer' }>

type Prompts = typeof import('@clack/prompts')

/** Asks at the terminal, a field at a time. Null: it stays open. */
export async function askPerson(question: OpenQuestion, person: Person, output: Output): Promise<AnswerBody | null> {
  const prompts = await import('@clack/prompts')
  output.note()
  for (const line of questionLines(question, output.paintNote, Date.now())) output.note(line)
  const decision = await askDecision(prompts, question, person)
  if (decision === null) return null
  const { id, digest, role } = question
  const roles = role === undefined || person.roles.includes(role) ? person.roles : [...person.roles, role]
  const body = { kind: 'answer', question: id, digest, roles } as const
  if (decision === 'approve') return { ...body, decision }
  if (decision === 'reject') {
    const reason = await prompts.text({ message: 'Why? (may stay empty)', output: process.stderr })
    if (prompts.isCancel(reason)) return null
    return { ...body, decision, ...(reason ? { reason } : {}) }
  }
  const answers = await askFields(prompts, question)
  return answers === null ? null : { ...body, decision, answers }
}

async function askDecision(
  { select, isCancel }: Prompts,
  { answers, role }: OpenQuestion,
  { name, roles }: Person,
): Promise<AnswerBody['decision'] | null> {
  const as = role === undefined || roles.includes(role) ? '' : ` as ${role}`
  const yes = answers === undefined ? 'approve' : 'answer'
  const decision = await select({
    message: `What does ${name} say${as}?`,
    output: process.stderr,
    options: [
      { value: yes, label: yes === 'approve' ? 'Approve' : 'Answer' },
      { value: 'reject', label: 'Reject' },
      { value: 'leave', label: 'Leave it open', hint: 'as Ctrl-C does' },
    ],
  })
  return isCancel(decision) || decision === 'leave' ? null : (decision as AnswerBody['decision'])
}

async function askFields(
  prompts: Prompts,
  { answers }: OpenQuestion,
): Promise<{ readonly [name: string]: Json } | null> {
  const given: { [name: string]: Json } = {}
  for (const field of answers === undefined ? [] : formFields(answers)) {
    const value = await askField(prompts, field)
    if (value === cancelled) return null
    if (value !== undefined) given[field.name] = value
  }
  return given
}

const cancelled = Symbol('cancelled')

/** Undefined: left out, so that the default counts. */
async function askField(prompts: Prompts, field: FormField): Promise<Json | undefined | typeof cancelled> {
  const { isCancel } = prompts
  const description = field.description === undefined ? '' : `: ${field.description}`
  const message = `${field.name} (${field.type}${field.required || field.default !== undefined ? '' : ', may stay empty'})${description}`
  const output = process.stderr
  if (field.type === 'boolean' && field.required) {
    const yes = await prompts.confirm({ message, output })
    return isCancel(yes) ? cancelled : yes
  }
  if (field.choices !== undefined && field.required) {
    const options = field.choices.map((value) => ({ value: JSON.stringify(value), label: String(value) }))
    const choice = await prompts.select({ message, options, output })
    return isCancel(choice) ? cancelled : (JSON.parse(choice) as Json)
  }
  const text = await prompts.text({
    message,
    output,
    ...(field.default === undefined ? {} : { initialValue: textOf(field.default) }),
    validate: (typed) => {
      if (typed === undefined || typed === '') return field.required ? `A value is needed: ${field.type}` : undefined
      const read = field.read(typed)
      return 'problem' in read ? read.problem : undefined
    },
  })
  if (isCancel(text)) return cancelled
  if (text === undefined || text === '') return undefined
  const read = field.read(text)
  return 'value' in read ? read.value : undefined
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
