import type { Json, OpenQuestion } from '@wonder/engine'
import { formFields } from '@wonder/language'
import type { Paint } from './paint.ts'
import { formatAgo } from './quantity.ts'
import { outputText, printable, shellWord } from './run-text.ts'

/** A question and all that a person needs to answer it; the commands come after (`answerCommands`). */
export function questionLines(question: OpenQuestion, paint: Paint, now: number): readonly string[] {
  const { id, task, text, asked } = question
  const who = question.role === undefined ? 'anybody may answer' : `for the role ${question.role}`
  const until = question.expires === null ? '' : `, until ${timeText(question.expires)}`
  const branch = question.branch.length === 0 ? '' : `[${question.branch.join('.')}]`
  return [
    `${paint('yellow', '?')} ${paint('bold', `${task}${branch}`)}  ${paint('dim', `asked ${formatAgo(asked, now)}, ${who}${until}  (${id})`)}`,
    ...printable(text)
      .split('\n')
      .map((line) => `  ${line}`),
    ...shownLines(question.shows).map((line) => paint('dim', line)),
    ...fieldLines(question).map((line) => paint('dim', line)),
  ]
}

/** What is shown with the text, a member a line. */
function shownLines(shows: Json | undefined): readonly string[] {
  if (shows === undefined || shows === null) return []
  const members =
    typeof shows === 'object' && !Array.isArray(shows) ? Object.entries(shows) : [['shown', shows] as const]
  return members.flatMap(([name, value]) =>
    outputText(name, value as Json)
      .split('\n')
      .map((line) => `  ${line}`),
  )
}

function fieldLines({ answers }: OpenQuestion): readonly string[] {
  const fields = answers === undefined ? [] : formFields(answers)
  const width = Math.max(0, ...fields.map(({ name }) => name.length))
  return fields.map((field) => {
    const value = field.default === undefined ? (field.required ? '' : '?') : ` = ${JSON.stringify(field.default)}`
    const description = field.description === undefined ? '' : `  ${field.description}`
    return `    ${field.name.padEnd(width)}  ${field.type}${value}${description}`
  })
}

/** The commands that answer it: the first one says yes. */
export function answerCommands(question: OpenQuestion, run: string, isOnly: boolean): readonly [string, string] {
  const { answers, role } = question
  const which = isOnly ? question.task : `--question ${question.id}`
  const as = role === undefined ? '' : ` --role ${shellWord(role)}`
  const reject = `wonder runs reject ${run} ${which} --reason …${as}`
  if (answers === undefined) return [`wonder runs approve ${run} ${which}${as}`, reject]
  const set = formFields(answers).flatMap(({ name, required }) => (required ? [` --set ${name}=…`] : []))
  return [`wonder runs answer ${run} ${which}${set.join('')}${as}`, reject]
}

/** In the time of the machine. */
function timeText(time: number): string {
  return new Date(time).toLocaleString('sv-SE', { timeZoneName: 'short' })
}
