import { type CatalogueEntry, catalogue, nearest, WonderError } from '@wonder/errors'
import type { CommandContext } from '../command-context.ts'

const retries = { never: 'no', safe: 'yes, at once', after: 'yes, after some time' } as const

/** `wonder explain [CODE]` */
export function explain({ output }: CommandContext, code: string | undefined): void {
  const rows: { readonly [code: string]: CatalogueEntry } = catalogue
  if (code === undefined) {
    const width = Math.max(...Object.keys(rows).map((name) => name.length))
    for (const name of Object.keys(rows).sort()) {
      output.line(`${output.paint('bold', name.padEnd(width))}  ${rows[name]?.title}`)
    }
    output.object({ errors: Object.entries(rows).map(([name, row]) => ({ code: name, ...row })) })
    return
  }
  const row = Object.hasOwn(rows, code) ? rows[code] : undefined
  if (row === undefined) {
    const near = nearest(code, Object.keys(rows))
    const hint = near === undefined ? 'See: wonder explain' : `Did you mean "${near}"?  See: wonder explain`
    throw new WonderError('unknown_code', `No error has the code "${code}"`, { details: { hint } })
  }
  output.line(`${output.paint('bold', code)}: ${row.title}`)
  output.line()
  output.line(`Why    ${row.cause}`)
  output.line(`Mend   ${row.fix}`)
  if (row.example !== undefined) {
    output.line()
    output.line(block('Wrong  ', row.example.wrong))
    output.line(block('Right  ', row.example.right))
  }
  output.line()
  output.line(
    output.paint('dim', `Worth trying again: ${retries[row.retry]}. Exit code ${row.exit}, HTTP status ${row.status}.`),
  )
  output.object({ code, ...row })
}

/** A text of several lines under one label. */
function block(label: string, text: string): string {
  return text
    .split('\n')
    .map((line, index) => `${index === 0 ? label : ' '.repeat(label.length)}${line}`)
    .join('\n')
}
